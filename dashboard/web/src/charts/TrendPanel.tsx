import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Point, Quality, Sample } from '../api/types';
import { useLive } from '../live/hooks';
import { showNumber } from '../points/display';
import { formatNumber, formatTime, formatUnit, pointTitle } from '../points/format';
import { QualityMark } from '../ui/Marks';
import { usePrefs } from '../ui/prefs';
import { useText } from '../ui/useText';
import { Panel } from './panel';
import { type Track, join, plot, qualityOf, sampleAt } from './series';
import { useTails } from './useTails';
import { gapOf } from './window';

const QUALITIES: readonly Quality[] = ['unknown', 'good', 'uncertain', 'stale', 'bad', 'lost'];
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 2]];

export interface PanelProps {
  readonly asset: string;
  readonly points: readonly { readonly point: Point; readonly style: number }[];
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  readonly stepMs: number;
  readonly lengthMs: number;
  readonly frozenAt: number | null;
  readonly live: boolean;
  readonly width: number;
  readonly zone: string;
}

/** The instant under the pointer and what each line had there. */
interface Cursor {
  readonly at: number;
  readonly samples: readonly (Sample | undefined)[];
}

const isStepped = (p: Point) => p.type === 'bool' || p.type === 'enum';

function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Points of one unit over one window; what comes live is drawn past React. */
export function TrendPanel(p: PanelProps) {
  const { t, language } = useText();
  const { dark } = usePrefs();
  const { clock } = useLive();
  const host = useRef<HTMLDivElement>(null);
  const panel = useRef<Panel | null>(null);
  const frame = useRef(0);
  const tracks = useRef<Track[]>([]);
  const paint = useRef<() => void>(() => undefined);
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const first = p.points[0]?.point;
  const coded = first !== undefined && isStepped(first);
  const tall = p.width >= 480 ? 190 : 140;
  const height = coded ? 110 : tall;

  const schedule = useCallback(() => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => paint.current());
  }, []);
  const names = useMemo(() => p.points.map((x) => x.point.name), [p.points]);
  const tails = useTails(p.asset, names, p.lengthMs, schedule);

  useEffect(() => {
    paint.current = () => {
      const to = p.frozenAt ?? clock.now();
      tracks.current = p.points.map(({ point }) => {
        const tail = (tails.current.get(point.name) ?? []).filter((s) => s[0] <= to);
        return {
          samples: join(p.samples.get(point.name) ?? [], tail, p.stepMs),
          gapMs: gapOf(point, p.stepMs),
          stepped: isStepped(point),
        };
      });
      panel.current?.draw(plot(tracks.current, to), to - p.lengthMs, to);
    };
    schedule();
  }, [p.frozenAt, p.lengthMs, p.points, p.samples, p.stepMs, clock, tails, schedule]);

  // The window moves on with time, but not while nobody knows what is now.
  useEffect(() => {
    if (p.frozenAt !== null || !p.live) return undefined;
    return clock.subscribe(schedule);
  }, [p.frozenAt, p.live, clock, schedule]);

  useEffect(() => {
    if (!host.current || p.width <= 0) return undefined;
    const made = new Panel(host.current, {
      zone: p.zone,
      width: p.width,
      height,
      tracks: p.points.map(({ point, style }, i) => ({
        color: cssColor(`--series-${style}`),
        dash: DASHES[i] ?? [],
        stepped: isStepped(point),
      })),
      codeText: coded ? (code) => showNumber(first, code, language, t).text : null,
      number: (n, decimals) => formatNumber(n, decimals, language),
      colors: {
        text: cssColor('--muted'),
        grid: cssColor('--line'),
        quality: Object.fromEntries(QUALITIES.map((q) => [q, cssColor(`--q-${q}`)])) as Record<Quality, string>,
      },
      syncKey: 'trend',
      onCursor: (at) => setCursor(at === null ? null : { at, samples: tracks.current.map((x) => sampleAt(x, at)) }),
    });
    panel.current = made;
    schedule();
    return () => {
      panel.current = null;
      made.destroy();
    };
    // The width is followed by resize below; dark stands for the colours.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [p.points, p.zone, p.width > 0, height, coded, language, dark, t, schedule]);

  useEffect(() => {
    panel.current?.resize(p.width, height);
  }, [p.width, height]);

  const unit = coded ? '' : formatUnit(first?.unit);
  const titles = p.points.map((x) => pointTitle(x.point, language)).join(', ');
  return (
    <figure className="trend-panel" aria-label={t('trend.of', { points: titles })}>
      <figcaption className="legend">
        {p.points.map(({ point, style }, i) => (
          <span key={point.name} className="legend-item">
            <svg className="swatch" viewBox="0 0 24 8" aria-hidden="true">
              <line
                x1="0"
                x2="24"
                y1="4"
                y2="4"
                stroke={`var(--series-${style})`}
                strokeWidth="2.5"
                strokeDasharray={DASHES[i]?.join(' ')}
              />
            </svg>
            {pointTitle(point, language)}
            {cursor && <Readout point={point} sample={cursor.samples[i]} />}
          </span>
        ))}
        <span className="legend-time">{cursor === null ? unit : formatTime(cursor.at, p.zone)}</span>
      </figcaption>
      <div ref={host} className="chart" style={{ height }} />
    </figure>
  );
}

function Readout({ point, sample: s }: { point: Point; sample: Sample | undefined }) {
  const { t, language } = useText();
  if (!s) return <b className="readout">{t('value.none')}</b>;
  const quality = qualityOf(s);
  const shown = s[1] === null ? null : showNumber(point, s[1], language, t);
  return (
    <b className="readout">
      {shown && `${shown.text} ${shown.unit}`.trim()} {quality !== 'good' && <QualityMark quality={quality} />}
    </b>
  );
}
