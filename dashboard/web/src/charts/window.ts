import type { Agg, Point } from '../api/types';

export const RANGES = ['15m', '1h', '24h', '7d', '30d'] as const;
export type Range = (typeof RANGES)[number];

const HOUR = 3_600_000;
const LENGTH: Readonly<Record<Range, number>> = {
  '15m': HOUR / 4,
  '1h': HOUR,
  '24h': 24 * HOUR,
  '7d': 7 * 24 * HOUR,
  '30d': 30 * 24 * HOUR,
};

/** A range's length, ms. */
export function rangeLength(r: Range): number {
  return LENGTH[r];
}

export function isRange(x: string | null): x is Range {
  return x !== null && (RANGES as readonly string[]).includes(x);
}

const S = 1000;
const M = 60 * S;
const STEPS = [
  S, 2 * S, 5 * S, 10 * S, 15 * S, 30 * S, M, 2 * M, 5 * M, 10 * M, 15 * M, 30 * M, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR,
  12 * HOUR, 24 * HOUR,
];

/**
 * The step that gives about one sample a pixel, from a list of steps that
 * people know; 0 (raw samples) where a pixel is less than a second.
 */
export function chooseStep(lengthMs: number, widthPx: number): number {
  const ideal = lengthMs / Math.max(widthPx, 100);
  if (ideal < S) return 0;
  return STEPS.find((s) => s >= ideal) ?? 24 * HOUR;
}

/**
 * How the samples of one step become one. A bool that was true for a moment
 * must not vanish from a month, so true wins; codes and counters keep their last.
 */
export function aggOf(p: Point): Agg {
  if (p.type === 'bool') return 'max';
  if (p.type === 'enum' || p.counter === true) return 'last';
  return 'mean';
}

/** How far apart two samples may be before the line between them would be invented, ms. */
export function gapOf(p: Point, stepMs: number): number {
  if (p.fresh <= 0) return Infinity;
  return Math.max(p.fresh / 1e6, 2.5 * stepMs, 3000);
}
