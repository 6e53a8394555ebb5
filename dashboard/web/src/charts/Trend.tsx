import { Alert, Segmented, Switch } from 'antd';
import { useMemo, useState } from 'react';
import type { Asset, Point } from '../api/types';
import { useLine, useLive } from '../live/hooks';
import { formatDuration, formatTime } from '../points/format';
import { useText } from '../ui/useText';
import { TrendPanel } from './TrendPanel';
import { useHistory } from './useHistory';
import { useWidth } from './useWidth';
import { RANGES, type Range, rangeLength } from './window';

interface Styled {
  readonly point: Point;
  readonly style: number;
}

/** Numbers of one unit share a panel; a bool or an enum has one of its own. */
function group(points: readonly Point[]): [string, Styled[]][] {
  const panels = new Map<string, Styled[]>();
  points.forEach((point, style) => {
    const own = point.type === 'bool' || point.type === 'enum';
    const key = own ? `point:${point.name}` : `unit:${point.unit ?? ''}`;
    panels.set(key, [...(panels.get(key) ?? []), { point, style }]);
  });
  return [...panels];
}

interface Props {
  readonly asset: Asset;
  readonly points: readonly Point[];
  readonly range: Range;
  readonly zone: string;
  readonly onRange: (r: Range) => void;
}

/** The trend of some points of one asset. */
export default function Trend({ asset, points, range, zone, onRange }: Props) {
  const { t, time } = useText();
  const { clock } = useLive();
  const live = useLine().state === 'live';
  const [frozenAt, setFrozenAt] = useState<number | null>(null);
  const [ref, width] = useWidth<HTMLDivElement>();
  const stored = useHistory({ asset: asset.id, points, range, width, frozenAt }, clock);
  const panels = useMemo(() => group(points), [points]);
  const lengthMs = rangeLength(range);
  return (
    <section className="panel trend" aria-label={t('trend.title')}>
      <div className="trend-head">
        <h2>{t('trend.title')}</h2>
        <Segmented<Range>
          className="trend-range"
          aria-label={t('trend.range')}
          value={range}
          options={RANGES.map((r) => ({ value: r, label: t(`range.${r}`) }))}
          onChange={onRange}
        />
        <label className="follow">
          <Switch size="small" checked={frozenAt === null} onChange={(on) => setFrozenAt(on ? null : clock.now())} />
          {t('trend.follow')}
        </label>
      </div>
      {stored.error && <Alert type="error" showIcon title={t('trend.error', { message: stored.error.message })} />}
      <div ref={ref} className="trend-body">
        {panels.map(([key, styled]) => (
          <TrendPanel
            key={key}
            asset={asset.id}
            points={styled}
            samples={stored.samples}
            stepMs={stored.stepMs}
            lengthMs={lengthMs}
            frozenAt={frozenAt}
            live={live}
            width={width}
            zone={zone}
          />
        ))}
        {points.length === 0 && <p className="muted">{t('trend.none')}</p>}
      </div>
      <p className="muted trend-foot">
        {stored.stepMs === 0 ? t('trend.raw') : t('trend.step', { step: formatDuration(stored.stepMs, time) })}
        {' · '}
        {t('trend.hatch')}
        {frozenAt !== null && ` · ${t('trend.frozen', { at: formatTime(frozenAt, zone) })}`}
      </p>
    </section>
  );
}
