import type { Point } from '../api/types';
import { isAbnormal } from '../points/abnormal';
import { type LiveValue, UNKNOWN } from './value';

/** How many points there are, are not good, and are good but say trouble. */
export interface Counts {
  readonly points: number;
  readonly notGood: number;
  readonly abnormal: number;
}

export const NONE: Counts = { points: 0, notGood: 0, abnormal: 0 };

export function equal(a: Counts, b: Counts): boolean {
  return a.points === b.points && a.notGood === b.notGood && a.abnormal === b.abnormal;
}

export function add(a: Counts, b: Counts): Counts {
  return { points: a.points + b.points, notGood: a.notGood + b.notGood, abnormal: a.abnormal + b.abnormal };
}

/** One letter for each point: . good, ! abnormal, ? not good, # both. */
export function flagsOf(points: readonly Point[], values: readonly LiveValue[]): string {
  let out = '';
  points.forEach((p, i) => {
    const v = values[i] ?? UNKNOWN;
    const good = v.quality === 'good';
    out += isAbnormal(p, v) ? (good ? '!' : '#') : good ? '.' : '?';
  });
  return out;
}

export function count(flags: string): Counts {
  let notGood = 0;
  let abnormal = 0;
  for (const f of flags) {
    if (f === '?' || f === '#') notGood++;
    if (f === '!' || f === '#') abnormal++;
  }
  return { points: flags.length, notGood, abnormal };
}
