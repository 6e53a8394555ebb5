import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Language, Point, Quality, Sample } from '../api/types';
import { useLive } from '../live/hooks';
import { showNumber } from '../points/display';
import { formatNumber, formatTime, formatUnit } from '../points/format';
import { QualityMark } from '../ui/Marks';
import { usePrefs } from '../ui/prefs';
import { useText } from '../ui/useText';
import { listen } from './gestures';
import { type Judged, limitTexts, limitsOf } from './limits';
import { type Line, type Stored, colourOf, dashOf, isCoded, keyOf, nameOf } from './line';
import { Panel, type PanelLimit, type PanelMark } from './panel';
import { type Track, join, plot, qualityOf, sampleAt } from './series';
import { useTails } from './useTails';
import type { Viewport } from './viewport';
import { gapOf } from './window';

const QUALITIES: readonly Quality[] = ['unknown', 'good', 'uncertain', 'stale', 'bad', 'lost'];

export interface PanelProps {
  readonly lines: readonly Line[];
  readonly stored: ReadonlyMap<string, Stored>;
  readonly rules: ReadonlyMap<string, readonly Judged[]>;
  readonly viewport: Viewport;
  readonly keepMs: number; // of what comes live
  readonly marks: readonly PanelMark[];
  readonly live: boolean;
  readonly width: number;
  readonly alone: boolean; // the chart has no other panel
  readonly zone: string;
  readonly withAsset: boolean;
  readonly register: (key: string, canvas: () => HTMLCanvasElement | null) => () => void;
  readonly name: string;
}

/** The instant under the pointer and what each line had there. */
interface Cursor {
  readonly at: number;
  readonly samples: readonly (Sample | undefined)[];
}

const ALONE = 0.36; // of the screen's height that a chart's only panel takes
const MOST_LIMITED = 3; // lines of a panel; the limits of more would hide them
const MOST_BANDS = 8; // lines of a panel; the bands of more would hide each other

/** The limits of some lines with what they are called. */
function limitLines(lines: readonly Line[], rules: PanelProps['rules'], language: Language): PanelLimit[] {
  return lines.flatMap((l) => limitTexts(limitsOf(rules.get(l.asset.id) ?? [], l.point.name), l.point, language));
}

function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Points of one unit over one window; what comes live is drawn past React. */
export function TrendPanel(p: PanelProps) {
  const { t, language } = useText();
  const { dark } = usePrefs();
  const { clock } = useLive();
  const { lines, viewport, stored } = p;
  const host = useRef<HTMLDivElement>(null);
  const panel = useRef<Panel | null>(null);
  const frame = useRef(0);
  const fresh = useRef(true); // there is new data to lay out
  const tracks = useRef<Track[]>([]);
  const paint = useRef<() => void>(() => undefined);
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const first = lines[0]?.point;
  const coded = first !== undefined && isCoded(first);
  const tall = p.width >= 1400 ? 280 : p.width >= 900 ? 230 : p.width >= 480 ? 190 : 140;
  const roomy = Math.max(tall * 1.6, p.width >= 900 ? window.innerHeight * ALONE : 0);
  const height = coded ? 110 : p.alone ? Math.round(roomy) : tall;

  const schedule = useCallback(() => {
    if (frame.current === 0) {
      frame.current = requestAnimationFrame(() => {
        frame.current = 0;
        paint.current();
      });
    }
  }, []);
  const changed = useCallback(() => {
    fresh.current = true;
    schedule();
  }, [schedule]);
  const tails = useTails(lines, p.keepMs, changed);

  useEffect(() => {
    paint.current = () => {
      const [from, to] = viewport.bounds();
      const now = clock.now();
      if (!fresh.current) {
        panel.current?.show(from, to);
        return;
      }
      fresh.current = false;
      tracks.current = lines.map((l) => {
        const s = stored.get(keyOf(l));
        const stepMs = s?.stepMs ?? 0;
        return {
          samples: join(s?.samples ?? [], tails.current.get(keyOf(l)) ?? [], stepMs),
          low: lines.length > MOST_BANDS ? [] : (s?.low ?? []),
          high: lines.length > MOST_BANDS ? [] : (s?.high ?? []),
          gapMs: gapOf(l.point, stepMs),
          stepped: isCoded(l.point),
        };
      });
      panel.current?.draw(plot(tracks.current, now), from, to);
    };
    changed();
  }, [lines, stored, viewport, clock, tails, changed]);

  useEffect(() => viewport.subscribe(schedule), [viewport, schedule]);

  // The window moves on with time, but not while nobody knows what is now.
  useEffect(() => {
    if (!p.live) return undefined;
    return clock.subscribe(() => {
      if (viewport.span.live) changed(); // what is held reaches to now
    });
  }, [p.live, clock, viewport, changed]);

  // Rules are told anew every few seconds with what they saw; their limits stay, and so does the panel.
  const said = useMemo(() => JSON.stringify(coded || lines.length > MOST_LIMITED ? [] : limitLines(lines, p.rules, language)), [coded, lines, p.rules, language]);
  const limits = useMemo(() => JSON.parse(said) as PanelLimit[], [said]);

  useEffect(() => {
    if (!host.current || p.width <= 0) return undefined;
    const made = new Panel(host.current, {
      zone: p.zone,
      width: p.width,
      height,
      tracks: lines.map((l, i) => ({ color: cssColor(colourOf(l)), dash: dashOf(i), stepped: isCoded(l.point) })),
      limits,
      whole: lines.every((l) => l.point.type === 'int'),
      codeText: coded ? (code) => showNumber(first, code, language, t).text : null,
      number: (n, decimals) => formatNumber(n, decimals, language),
      colors: {
        text: cssColor('--muted'),
        grid: cssColor('--line'),
        limit: cssColor('--warn'),
        back: cssColor('--panel'),
        quality: Object.fromEntries(QUALITIES.map((q) => [q, cssColor(`--q-${q}`)])) as Record<Quality, string>,
      },
      syncKey: 'trend',
      onCursor: (at) => setCursor(at === null ? null : { at, samples: tracks.current.map((x) => sampleAt(x, at)) }),
    });
    panel.current = made;
    const end = listen(made.area, {
      pan: (share) => viewport.pan(share),
      zoom: (factor, at) => viewport.zoom(factor, at),
      choose: (a, b) => {
        const [from, to] = viewport.bounds();
        viewport.go(from + (to - from) * a, from + (to - from) * b);
      },
      marking: (a, b) => made.select(a, b),
    });
    fresh.current = true;
    paint.current(); // at once: paper waits for no frame
    return () => {
      end();
      panel.current = null;
      made.destroy();
    };
    // The width is followed by resize below; dark stands for the colours.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [lines, limits, p.zone, p.width > 0, height, coded, language, dark, t, viewport, changed]);

  useEffect(
    () => () => {
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    },
    [],
  );
  useEffect(() => {
    panel.current?.resize(p.width, height);
  }, [p.width, height]);
  useEffect(() => {
    panel.current?.mark(p.marks);
  }, [p.marks, lines, limits, dark, language, height]);
  const { register, name } = p;
  useEffect(() => register(name, () => panel.current?.canvas ?? null), [register, name]);

  const unit = coded ? '' : formatUnit(first?.unit);
  const titles = lines.map((l) => nameOf(l, language, p.withAsset)).join(', ');
  return (
    <figure className="trend-panel" aria-label={t('trend.of', { points: titles })}>
      <figcaption className="legend">
        {lines.map((l, i) => (
          <span key={keyOf(l)} className="legend-item">
            <Swatch line={l} n={i} />
            {nameOf(l, language, p.withAsset)}
            {cursor && <Readout point={l.point} sample={cursor.samples[i]} />}
          </span>
        ))}
        <span className="legend-time">{cursor === null ? unit : formatTime(cursor.at, p.zone)}</span>
      </figcaption>
      <div ref={host} className="chart" style={{ height }} />
    </figure>
  );
}

export function Swatch({ line, n }: { line: Line; n: number }) {
  return (
    <svg className="swatch" viewBox="0 0 24 8" aria-hidden="true">
      <line x1="0" x2="24" y1="4" y2="4" stroke={`var(${colourOf(line)})`} strokeWidth="2.5" strokeDasharray={dashOf(n).join(' ')} />
    </svg>
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
