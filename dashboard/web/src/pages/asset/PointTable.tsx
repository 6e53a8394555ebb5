import { memo, useId, useMemo } from 'react';
import type { Asset, Point, Text } from '../../api/types';
import { type Limit, limitTexts, limitsOf } from '../../charts/limits';
import { useJudgedOf } from '../../charts/useMarks';
import { useDescription, useLiveValue } from '../../live/hooks';
import { formatTime, pointTitle, textIn } from '../../points/format';
import { reasonOf } from '../../live/value';
import { QualityMark } from '../../ui/Marks';
import { Age, ValueText } from '../../ui/Value';
import { useText } from '../../ui/useText';
import { limitLines } from './limits';

const NONE: readonly Limit[] = [];

interface RowProps {
  readonly asset: string;
  readonly point: Point;
  readonly doc: Text | undefined; // what it means, where the title does not say all
  readonly limits: readonly Limit[] | undefined; // that rules hold it to
  readonly zone: string;
  readonly checked: boolean;
  readonly disabled: boolean;
  readonly onToggle: (name: string) => void;
}

const Row = memo(function Row({ asset, point, doc, limits, zone, checked, disabled, onToggle }: RowProps) {
  const { t, language, time } = useText();
  const id = useId();
  const value = useLiveValue(asset, point.name);
  return (
    <tr data-point={point.name}>
      <td className="pt-check">
        <label className="pt-hit">
          <input
            id={id}
            type="checkbox"
            checked={checked}
            disabled={disabled}
            onChange={() => onToggle(point.name)}
          />
        </label>
      </td>
      <th scope="row" className="pt-title">
        <label htmlFor={id}>
          {pointTitle(point, language)}
          <span className="canonical">
            {point.name}
            {point.vital === true && point.alarm !== true && <span className="tag pt-vital">{t('points.vital')}</span>}
          </span>
        </label>
        {doc && <span className="pt-doc">{textIn(doc, language)}</span>}
      </th>
      <td className="pt-value value">
        <ValueText point={point} value={value} mark={false} />
      </td>
      <td className="pt-quality">
        <QualityMark quality={value.quality} />
        {value.reason !== '' && <span className="reason">{reasonOf(value, language)}</span>}
      </td>
      <td className="pt-age">
        <Age time={value.time} />
        {value.time > 0 && <span className="pt-time">{formatTime(value.time, zone)}</span>}
      </td>
      <td className="pt-limits">
        {limitTexts(limits ?? NONE, point, language).map(
          (l) =>
            l.text !== '' && (
              <span key={l.text} className="pt-rule">
                {l.text}
              </span>
            ),
        )}
        {limitLines(point, language, t, time).map((l) => (
          <span key={l}>{l}</span>
        ))}
      </td>
    </tr>
  );
});

/** What rules hold the asset's points to. They are told anew every few seconds; their limits stay, and so do the rows. */
function useLimits(asset: Asset): ReadonlyMap<string, readonly Limit[]> {
  const judged = useJudgedOf(asset.id);
  const said = useMemo(() => JSON.stringify(asset.points.map((p) => [p.name, limitsOf(judged ?? [], p.name)])), [asset, judged]);
  return useMemo(() => new Map(JSON.parse(said) as [string, Limit[]][]), [said]);
}

interface Props {
  readonly asset: Asset;
  readonly zone: string;
  readonly chosen: readonly string[];
  readonly full: boolean; // no more lines fit into the trend
  readonly onToggle: (name: string) => void;
}

/** Every point of the asset: value, quality and why, age, time in the site's zone. */
export function PointTable({ asset, zone, chosen, full, onToggle }: Props) {
  const { t } = useText();
  const docs = useDescription()?.docs?.[asset.kind];
  const limits = useLimits(asset);
  return (
    <section className="panel" aria-label={t('points.title')}>
      <div className="trend-head">
        <h2>{t('points.title')}</h2>
        <span className="muted">{full ? t('points.full', { n: chosen.length }) : t('points.hint')}</span>
      </div>
      <table className="point-table">
        <thead>
          <tr>
            <th scope="col">
              <span className="sr">{t('points.trend')}</span>
            </th>
            <th scope="col">{t('points.point')}</th>
            <th scope="col" className="pt-value">
              {t('points.value')}
            </th>
            <th scope="col">{t('points.quality')}</th>
            <th scope="col">{t('points.age', { zone })}</th>
            <th scope="col">{t('points.limits')}</th>
          </tr>
        </thead>
        <tbody>
          {asset.points.map((p) => {
            const checked = chosen.includes(p.name);
            return (
              <Row
                key={p.name}
                asset={asset.id}
                point={p}
                doc={docs?.[p.name]}
                limits={limits.get(p.name)}
                zone={zone}
                checked={checked}
                disabled={full && !checked}
                onToggle={onToggle}
              />
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
