import type { Point, Quality } from '../api/types';
import { isAbnormal } from '../points/abnormal';
import { type LiveValue, UNKNOWN } from './value';

/** How many points there are, of which quality, and how many say trouble. */
export interface Counts {
  readonly points: number;
  readonly notGood: number;
  readonly abnormal: number;
  readonly by: Readonly<Record<Quality, number>>;
}

/** The qualities, best first. */
export const QUALITIES: readonly Quality[] = ['good', 'uncertain', 'stale', 'bad', 'lost', 'unknown'];

const ZERO: Readonly<Record<Quality, number>> = { good: 0, uncertain: 0, stale: 0, bad: 0, lost: 0, unknown: 0 };
export const NONE: Counts = { points: 0, notGood: 0, abnormal: 0, by: ZERO };

export function equal(a: Counts, b: Counts): boolean {
  return a.points === b.points && a.abnormal === b.abnormal && QUALITIES.every((q) => a.by[q] === b.by[q]);
}

export function add(a: Counts, b: Counts): Counts {
  const by = { ...a.by };
  for (const q of QUALITIES) by[q] += b.by[q];
  return { points: a.points + b.points, notGood: a.notGood + b.notGood, abnormal: a.abnormal + b.abnormal, by };
}

/** The counts of each area, from those of the assets and the areas over each. */
export function sumAreas(counts: readonly Counts[], above: readonly (readonly string[])[]): Map<string, Counts> {
  const sums = new Map<string, Counts>();
  counts.forEach((c, a) => {
    for (const area of above[a] ?? []) sums.set(area, add(sums.get(area) ?? NONE, c));
  });
  return sums;
}

// One letter a point: its quality, in capitals where it says trouble.
const LETTER: Readonly<Record<Quality, string>> = {
  good: 'g', uncertain: 'u', stale: 's', bad: 'b', lost: 'l', unknown: 'n',
};
const OF_LETTER = new Map(QUALITIES.map((q) => [LETTER[q], q]));

export interface Flag {
  readonly quality: Quality;
  readonly abnormal: boolean;
}

/** What one letter says. */
export function flagOf(letter: string | undefined): Flag {
  const small = (letter ?? 'n').toLowerCase();
  return { quality: OF_LETTER.get(small) ?? 'unknown', abnormal: letter !== undefined && letter !== small };
}

/** One letter for each point; see flagOf. */
export function flagsOf(points: readonly Point[], values: readonly LiveValue[]): string {
  let out = '';
  points.forEach((p, i) => {
    const v = values[i] ?? UNKNOWN;
    const letter = LETTER[v.quality];
    out += isAbnormal(p, v) ? letter.toUpperCase() : letter;
  });
  return out;
}

export function count(flags: string): Counts {
  const by = { ...ZERO };
  let abnormal = 0;
  for (const f of flags) {
    const flag = flagOf(f);
    by[flag.quality]++;
    if (flag.abnormal) abnormal++;
  }
  return { points: flags.length, notGood: flags.length - by.good, abnormal, by };
}
