import { Button } from 'antd';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { Chart } from '../../charts/Chart';
import type { Line } from '../../charts/line';
import { useDescription } from '../../live/hooks';
import type { Description } from '../../live/wire';
import { formatUnit, pointTitle, textIn } from '../../points/format';
import { useAddressState } from '../../ui/useAddressState';
import { useText } from '../../ui/useText';
import { PointPicker } from './PointPicker';
import { Views } from './Views';
import { type Chosen, keyOfChosen, readComparison, writeComparison } from './choice';
import './compare.css';

function Known({ description }: { description: Description }) {
  const { t, language } = useText();
  const [choice, set] = useAddressState(readComparison, writeComparison);
  const { points } = choice;
  const lines = useMemo(() => {
    const out: Line[] = [];
    points.forEach((c, style) => {
      const asset = description.assets.find((a) => a.id === c.asset);
      const point = asset?.points.find((p) => p.name === c.point);
      if (asset && point) out.push({ asset, point, style });
    });
    return out;
  }, [points, description.assets]);
  const missing = points.filter((c) => !lines.some((l) => l.asset.id === c.asset && l.point.name === c.point));
  const toggle = (c: Chosen) => {
    const rest = points.filter((x) => keyOfChosen(x) !== keyOfChosen(c));
    set({ points: rest.length < points.length ? rest : [...points, c] });
  };
  return (
    <>
      <h1>{t('compare.title')}</h1>
      <div className="compare">
        <div className="compare-side">
          <section className="panel" aria-label={t('compare.chosen')}>
            <div className="compare-head">
              <h2>{t('compare.chosen')}</h2>
              {points.length > 0 && (
                <Button size="small" onClick={() => set({ points: [] })}>
                  {t('compare.clear')}
                </Button>
              )}
            </div>
            {points.length === 0 && <p className="muted">{t('compare.empty')}</p>}
            <ul className="chosen" data-testid="chosen">
              {lines.map((l) => (
                <li key={`${l.asset.id}/${l.point.name}`}>
                  <span>
                    <Link to={`/assets/${encodeURIComponent(l.asset.id)}`}>{textIn(l.asset.name, language) || l.asset.id}</Link> · {pointTitle(l.point, language)}{' '}
                    <span className="muted">{formatUnit(l.point.unit)}</span>
                  </span>
                  <Button
                    size="small"
                    type="text"
                    aria-label={t('compare.remove', { name: `${textIn(l.asset.name, language) || l.asset.id} ${pointTitle(l.point, language)}` })}
                    onClick={() => toggle({ asset: l.asset.id, point: l.point.name })}
                  >
                    ✕
                  </Button>
                </li>
              ))}
              {missing.map((c) => (
                <li key={keyOfChosen(c)}>
                  <span className="reason">{t('compare.missing', { name: keyOfChosen(c) })}</span>
                  <Button size="small" type="text" aria-label={t('compare.remove', { name: keyOfChosen(c) })} onClick={() => toggle(c)}>
                    ✕
                  </Button>
                </li>
              ))}
            </ul>
          </section>
          <PointPicker assets={description.assets} chosen={points} onToggle={toggle} />
          <Views query={writeComparison(choice).toString()} empty={points.length === 0} />
        </div>
        <Chart
          title={t('compare.chart')}
          file={t('compare.title')}
          lines={lines}
          span={choice.span}
          zone={description.site.timezone}
          withAsset
          onSpan={(span) => set({ span })}
        />
      </div>
    </>
  );
}

/** Any points of any assets over one time. */
export default function ComparePage() {
  const { t } = useText();
  const description = useDescription();
  return description ? <Known description={description} /> : <p className="muted">{t('loading')}</p>;
}
