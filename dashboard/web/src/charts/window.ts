import type { Agg, Point } from '../api/types';

export const RANGES = ['15m', '1h', '8h', '24h', '7d', '30d', '90d', '1y'] as const;
export type Range = (typeof RANGES)[number];

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LENGTH: Readonly<Record<Range, number>> = {
  '15m': HOUR / 4,
  '1h': HOUR,
  '8h': 8 * HOUR,
  '24h': DAY,
  '7d': 7 * DAY,
  '30d': 30 * DAY,
  '90d': 90 * DAY,
  '1y': 366 * DAY,
};

/** A range's length, ms. */
export function rangeLength(r: Range): number {
  return LENGTH[r];
}

export function isRange(x: string | null): x is Range {
  return x !== null && (RANGES as readonly string[]).includes(x);
}

/** What a chart shows: the last length of time, moving on with it, or a stretch that stays. */
export type Span =
  | { readonly live: true; readonly length: number } // ms
  | { readonly live: false; readonly from: number; readonly to: number }; // ms

export const HOURLY: Span = { live: true, length: HOUR };
/** No chart is shorter or longer, ms. */
export const SHORTEST = 5000;
export const LONGEST = 3 * 366 * DAY;

export function lengthOf(s: Span): number {
  return s.live ? s.length : s.to - s.from;
}

/** The preset that a span is, if it is one. */
export function presetOf(s: Span): Range | null {
  return s.live ? (RANGES.find((r) => LENGTH[r] === s.length) ?? null) : null;
}

/** A span as it stands in an address: 24h, live-5400000 or 1700000000000-1700003600000. */
export function writeSpan(s: Span): string {
  if (!s.live) return `${Math.round(s.from)}-${Math.round(s.to)}`;
  return presetOf(s) ?? `live-${Math.round(s.length)}`;
}

/** Reads what writeSpan writes; anything else is the last hour. */
export function readSpan(text: string | null): Span {
  if (isRange(text)) return { live: true, length: LENGTH[text] };
  const match = /^(live|\d{1,14})-(\d{1,14})$/.exec(text ?? '');
  if (!match) return HOURLY;
  const last = Number(match[2]);
  if (match[1] === 'live') {
    return last >= SHORTEST && last <= LONGEST ? { live: true, length: last } : HOURLY;
  }
  const from = Number(match[1]);
  return last - from >= SHORTEST && last - from <= LONGEST ? { live: false, from, to: last } : HOURLY;
}

const S = 1000;
const M = 60 * S;
const DENSE = 0.55; // of a pixel: a shorter step would be more than two samples on one
const STEPS = [
  S, 2 * S, 5 * S, 10 * S, 15 * S, 20 * S, 30 * S, M, 2 * M, 3 * M, 5 * M, 10 * M, 15 * M, 20 * M, 30 * M, HOUR, 2 * HOUR, 3 * HOUR,
  4 * HOUR, 6 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY,
];

/**
 * The step that gives about a sample a pixel, never more than two, from a list of steps that
 * people know; 0 (raw samples) where a pixel is less than a second.
 */
export function chooseStep(lengthMs: number, widthPx: number): number {
  const ideal = lengthMs / Math.max(widthPx, 100);
  if (ideal < S) return 0;
  return STEPS.find((s) => s >= ideal * DENSE) ?? 7 * DAY;
}

/** The stretch to ask for: what is seen and as much again around it, so that a little panning asks for nothing. */
export function fetchWindow(from: number, to: number, stepMs: number): [number, number] {
  const length = to - from;
  const step = Math.max(stepMs, S);
  const grain = Math.max(Math.ceil(length / 2 / step), 1) * step;
  return [Math.max(Math.floor(from / grain) * grain, 0), Math.ceil(to / grain) * grain];
}

/**
 * How the samples of one step become one. A bool that was true for a moment
 * must not vanish from a month, so true wins; codes and counters keep their
 * last; the rest is a mean within the band of its least and its most.
 */
export function aggOf(p: Point): Agg {
  if (p.type === 'bool') return 'max';
  if (p.type === 'enum' || p.counter === true) return 'last';
  return 'envelope';
}

/** How far apart two samples may be before the line between them would be invented, ms. */
export function gapOf(p: Point, stepMs: number): number {
  if (p.fresh <= 0) return Infinity;
  return Math.max(p.fresh / 1e6, 2.5 * stepMs, 3000);
}
