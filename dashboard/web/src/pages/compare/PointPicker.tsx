import { Input } from 'antd';
import { useId, useMemo, useState } from 'react';
import type { Asset, Point } from '../../api/types';
import { MAX_COMPARED } from '../../charts/limits';
import { formatUnit, pointTitle, textIn } from '../../points/format';
import { named, useText } from '../../ui/useText';
import { type Chosen, keyOfChosen } from './choice';

const MOST_FOUND = 60; // more than that nobody reads: the search is to be narrowed

interface Found {
  readonly asset: Asset;
  readonly point: Point;
  readonly key: string;
}

interface Props {
  readonly assets: readonly Asset[];
  readonly chosen: readonly Chosen[];
  readonly onToggle: (c: Chosen) => void;
}

/** Every point of every asset, by words in either language. */
export function PointPicker({ assets, chosen, onToggle }: Props) {
  const { t, language } = useText();
  const [text, setText] = useState('');
  const id = useId();
  const keys = new Set(chosen.map(keyOfChosen));
  const all = useMemo(
    () =>
      assets.flatMap((asset) =>
        asset.points.map((point) => ({
          asset,
          point,
          key: `${asset.id}/${point.name}`,
          words: [asset.id, asset.name.zh, asset.name.en, asset.kind, named(t, 'kind', asset.kind), point.name, point.title.zh, point.title.en, point.unit ?? '']
            .join(' ')
            .toLowerCase(),
        })),
      ),
    [assets, t],
  );
  const found = useMemo<Found[]>(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return words.length === 0 ? [] : all.filter((f) => words.every((w) => f.words.includes(w)));
  }, [all, text]);
  const full = chosen.length >= MAX_COMPARED;
  return (
    <section className="panel picker" aria-label={t('compare.points')}>
      <h2>{t('compare.points')}</h2>
      <label className="sr" htmlFor={id}>
        {t('compare.search')}
      </label>
      <Input id={id} allowClear value={text} placeholder={t('compare.search')} onChange={(e) => setText(e.target.value)} data-testid="picker" />
      <p className="muted picker-said" role="status">
        {full
          ? t('compare.full', { n: MAX_COMPARED })
          : text.trim() === ''
            ? t('compare.hint')
            : found.length > MOST_FOUND
              ? t('compare.many', { n: found.length, shown: MOST_FOUND })
              : t('compare.found', { n: found.length })}
      </p>
      <ul className="picker-list">
        {found.slice(0, MOST_FOUND).map((f) => (
          <li key={f.key}>
            <label>
              <input
                type="checkbox"
                checked={keys.has(f.key)}
                disabled={full && !keys.has(f.key)}
                onChange={() => onToggle({ asset: f.asset.id, point: f.point.name })}
              />
              <span>
                {textIn(f.asset.name, language) || f.asset.id} · <b>{pointTitle(f.point, language)}</b>{' '}
                <span className="muted">{formatUnit(f.point.unit)}</span>
              </span>
            </label>
          </li>
        ))}
      </ul>
    </section>
  );
}
