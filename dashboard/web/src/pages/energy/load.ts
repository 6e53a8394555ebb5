import type { Sample } from '../../api/types';
import { wallOf } from '../../charts/zone';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SAME_OFFSET = HOUR / 4; // a zone's offset changes at quarters of an hour only

/** The highest of some steps, and when it began. */
export interface Peak {
  readonly at: number; // ms
  readonly value: number;
}

/** The highest number within [from, to); null where there is none. */
export function peakOf(samples: readonly Sample[], from: number, to: number): Peak | null {
  let peak: Peak | null = null;
  for (const [at, value] of samples) {
    if (at < from || at >= to || value === null) continue;
    if (peak === null || value > peak.value) peak = { at, value };
  }
  return peak;
}

/** Steps of some meters together, where every one of them is known. */
export function sumOf(meters: readonly (readonly Sample[])[]): Sample[] {
  if (meters.length === 1) return [...(meters[0] ?? [])];
  const sums = new Map<number, { sum: number; n: number }>();
  for (const samples of meters) {
    for (const [at, value] of samples) {
      if (value === null) continue;
      const s = sums.get(at) ?? { sum: 0, n: 0 };
      sums.set(at, { sum: s.sum + value, n: s.n + 1 });
    }
  }
  return [...sums]
    .filter(([, s]) => s.n === meters.length)
    .sort(([a], [b]) => a - b)
    .map(([at, s]): Sample => [at, s.sum]);
}

/** Days side by side, hours from midnight down. */
export interface HeatMap {
  readonly days: readonly string[]; // 2026-03-01, without a break
  readonly cells: readonly (number | null)[]; // 24 a day; null: nothing is known
  readonly least: number;
  readonly most: number;
}

const HOURS = 24;
const MOST_DAYS = 400;

/**
 * Puts samples into hours of the zone's days. mean: an hour is their mean,
 * else their sum. An hour that the clocks go over twice is one hour.
 */
export function heatOf(samples: readonly Sample[], zone: string, mean: boolean): HeatMap {
  const offsets = new Map<number, number>();
  const wall = (at: number) => {
    const block = Math.floor(at / SAME_OFFSET);
    let offset = offsets.get(block);
    if (offset === undefined) offsets.set(block, (offset = wallOf(block * SAME_OFFSET, zone) - block * SAME_OFFSET));
    return at + offset;
  };
  const sums = new Map<number, { sum: number; n: number }>();
  for (const [at, value] of samples) {
    if (value === null) continue;
    const hour = Math.floor(wall(at) / HOUR);
    const s = sums.get(hour) ?? { sum: 0, n: 0 };
    sums.set(hour, { sum: s.sum + value, n: s.n + 1 });
  }
  if (sums.size === 0) return { days: [], cells: [], least: 0, most: 0 };
  const hours = [...sums.keys()];
  const last = Math.floor(hours.reduce((a, b) => Math.max(a, b)) / HOURS);
  const first = Math.max(Math.floor(hours.reduce((a, b) => Math.min(a, b)) / HOURS), last - MOST_DAYS + 1);
  const days: string[] = [];
  const cells: (number | null)[] = [];
  let [least, most] = [Infinity, -Infinity];
  for (let day = first; day <= last; day++) {
    days.push(new Date(day * DAY).toISOString().slice(0, 10));
    for (let h = 0; h < HOURS; h++) {
      const s = sums.get(day * HOURS + h);
      const value = s ? (mean ? s.sum / s.n : s.sum) : null;
      cells.push(value);
      if (value === null) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  return { days, cells, least, most };
}
