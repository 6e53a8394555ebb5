import { Button, Segmented, Switch } from 'antd';
import { type ReactNode, useState } from 'react';
import { useText } from '../ui/useText';
import { RangeFields } from './RangeFields';
import type { Viewport } from './viewport';
import { RANGES, type Range, type Span, presetOf, rangeLength } from './window';

interface Props {
  readonly title: string;
  readonly span: Span;
  readonly bounds: readonly [number, number];
  readonly viewport: Viewport;
  readonly zone: string;
  readonly onSpan: (s: Span) => void;
  readonly onCSV: () => void;
  readonly onPNG: () => void;
  readonly children?: ReactNode; // more buttons
}

/** What a chart can be told: its range, where to go, and what to take away. */
export function ChartBar({ title, span, bounds, viewport, zone, onSpan, onCSV, onPNG, children }: Props) {
  const { t } = useText();
  const [free, setFree] = useState(false);
  const preset = presetOf(span);
  const button = (label: string, sign: string, act: () => void) => (
    <Button size="small" aria-label={label} title={label} onClick={act}>
      {sign}
    </Button>
  );
  return (
    <>
      <div className="trend-head">
        <h2>{title}</h2>
        <Segmented<Range | ''>
          className="trend-range"
          aria-label={t('trend.range')}
          value={preset ?? ''}
          options={RANGES.map((r) => ({ value: r, label: t(`range.${r}`) }))}
          onChange={(r) => {
            if (r !== '') onSpan({ live: true, length: rangeLength(r) });
          }}
        />
        <span className="trend-tools" role="toolbar" aria-label={t('trend.tools')}>
          {button(t('trend.earlier'), '◀', () => viewport.pan(-0.5))}
          {button(t('trend.later'), '▶', () => viewport.pan(0.5))}
          {button(t('trend.zoomIn'), '+', () => viewport.zoom(0.5, span.live ? 1 : 0.5))}
          {button(t('trend.zoomOut'), '−', () => viewport.zoom(2, span.live ? 1 : 0.5))}
          <Button size="small" aria-expanded={free} onClick={() => setFree(!free)} data-testid="free-range">
            {t('trend.free')}
          </Button>
          <Button size="small" onClick={onCSV} data-testid="csv">
            {t('trend.csv')}
          </Button>
          <Button size="small" onClick={onPNG} data-testid="png">
            {t('trend.png')}
          </Button>
          {children}
        </span>
        <label className="follow">
          <Switch
            size="small"
            checked={span.live}
            onChange={(on) => (on ? viewport.follow() : onSpan({ live: false, from: bounds[0], to: bounds[1] }))}
          />
          {t('trend.follow')}
        </label>
      </div>
      {free && (
        <RangeFields
          key={`${bounds[0]}-${bounds[1]}`}
          from={bounds[0]}
          to={bounds[1]}
          zone={zone}
          onGo={(from, to) => onSpan({ live: false, from, to })}
        />
      )}
    </>
  );
}
