import { instantOf, wallOf } from '../../charts/zone';

export const EVERY = ['hour', 'day', 'week', 'month'] as const;
export type Every = (typeof EVERY)[number];

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** How many periods are shown, and as many before them. */
export const COUNT: Readonly<Record<Every, number>> = { hour: 24, day: 30, week: 13, month: 12 };
const LENGTH: Readonly<Record<Exclude<Every, 'month'>, number>> = { hour: HOUR, day: DAY, week: 7 * DAY };

/** The first instant of the month that lies so many months before an instant's, on the zone's clocks. */
function monthsBefore(at: number, months: number, zone: string): number {
  const wall = new Date(wallOf(at, zone));
  return instantOf(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() - months, 1), zone);
}

/** An instant within the first of n periods that end with the one of an instant. */
export function firstOf(every: Every, n: number, at: number, zone: string): number {
  return every === 'month' ? monthsBefore(at, n - 1, zone) : at - (n - 1) * LENGTH[every];
}

/** The beginning of the period that an instant is in. */
export function beginOf(every: Every, at: number, zone: string): number {
  if (every === 'month') return monthsBefore(at, 0, zone);
  const wall = wallOf(at, zone);
  const monday = 3 * DAY; // 1970 began on a Thursday
  const start = every === 'week' ? Math.floor((wall + monday) / (7 * DAY)) * 7 * DAY - monday : Math.floor(wall / LENGTH[every]) * LENGTH[every];
  return instantOf(start, zone);
}

/** An instant so many periods later, or earlier below zero. */
export function shifted(every: Every, n: number, at: number, zone: string): number {
  if (every !== 'month') return at + n * LENGTH[every];
  const wall = wallOf(at, zone);
  const first = Date.UTC(new Date(wall).getUTCFullYear(), new Date(wall).getUTCMonth(), 1);
  return monthsBefore(at, -n, zone) + Math.min(wall - first, 27 * DAY);
}

/** What a counter, or some together, rose by in one period. */
export interface Bar {
  readonly start: number; // ms
  readonly end: number; // ms
  readonly amount: number | null; // null: nothing is known
  readonly estimated: boolean; // shared out over a gap
  readonly reset: boolean; // a counter was replaced
  readonly partial: boolean; // not every meter is known
}

/** A period as the gateway tells it. */
export interface WirePeriod {
  readonly start: string;
  readonly amount: number | null;
  readonly estimated?: boolean;
  readonly reset?: boolean;
}

export function barsOf(periods: readonly WirePeriod[], end: number): Bar[] {
  return periods.map((p, i) => ({
    start: Date.parse(p.start),
    end: Date.parse(periods[i + 1]?.start ?? '') || end,
    amount: p.amount,
    estimated: p.estimated === true,
    reset: p.reset === true,
    partial: false,
  }));
}

/** Some meters together, period by period; they must be of the same periods. */
export function together(meters: readonly (readonly Bar[])[]): Bar[] {
  const [first, ...rest] = meters;
  if (!first) return [];
  if (rest.length === 0) return [...first];
  return first.map((bar) => {
    const same = meters.flatMap((m) => m.filter((b) => b.start === bar.start));
    const known = same.filter((b) => b.amount !== null);
    return {
      start: bar.start,
      end: bar.end,
      amount: known.length === 0 ? null : known.reduce((sum, b) => sum + (b.amount ?? 0), 0),
      estimated: same.some((b) => b.estimated),
      reset: same.some((b) => b.reset),
      partial: known.length > 0 && known.length < meters.length,
    };
  });
}

/** The last n periods beside the n before them. */
export interface Compared {
  readonly now: readonly Bar[];
  readonly before: readonly (Bar | undefined)[]; // of the same place
  readonly total: number | null; // of the periods that are over and known on both sides
  readonly totalBefore: number | null;
  readonly change: number | null; // share; null where there is nothing to compare with
  readonly compared: number; // periods that the totals are made of
  readonly sum: number | null; // of all that is known now, the running period too
  readonly running: Bar | null;
}

/**
 * Sets periods against those before them. What is still running is less only
 * because it is not over, and what is not known on one side would make the
 * other look better: neither counts for the comparison.
 */
export function compare(bars: readonly Bar[], n: number, at: number): Compared {
  const now = bars.slice(-n);
  const rest = bars.slice(0, Math.max(bars.length - n, 0));
  const before = now.map((_, i) => rest[rest.length - now.length + i]);
  let [total, totalBefore, compared] = [0, 0, 0];
  now.forEach((b, i) => {
    const old = before[i]?.amount ?? null;
    if (b.end > at || b.amount === null || old === null || b.partial || before[i]?.partial === true) return;
    total += b.amount;
    totalBefore += old;
    compared++;
  });
  const known = now.filter((b) => b.amount !== null);
  const last = now.at(-1);
  return {
    now,
    before,
    total: compared > 0 ? total : null,
    totalBefore: compared > 0 ? totalBefore : null,
    change: compared > 0 && totalBefore > 0 ? total / totalBefore - 1 : null,
    compared,
    sum: known.length > 0 ? known.reduce((s, b) => s + (b.amount ?? 0), 0) : null,
    running: last && last.end > at ? last : null,
  };
}
