const DAY = 86_400_000;

export const PERIODS = ['24h', '7d', '30d', '90d'] as const;
export type Period = (typeof PERIODS)[number];
const LENGTH: Readonly<Record<Period, number>> = { '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY, '90d': 90 * DAY };

/** What is reckoned over: the last stretch of a length, or from one time to another. */
export interface Span {
  readonly period: Period;
  readonly from: number; // ms; 0: by the period
  readonly to: number;
}

export function readSpan(q: URLSearchParams): Span {
  const period = PERIODS.find((p) => p === q.get('period')) ?? '30d';
  const [from, to] = [Number(q.get('from')), Number(q.get('to'))];
  return from > 0 && to > from ? { period, from, to } : { period, from: 0, to: 0 };
}

export function writeSpan(s: Span): URLSearchParams {
  const q = new URLSearchParams();
  if (s.from > 0) {
    q.set('from', String(s.from));
    q.set('to', String(s.to));
  } else if (s.period !== '30d') q.set('period', s.period);
  return q;
}

/** The bounds of a span; those of a period end at the last full minute, so that a page asks once. */
export function boundsOf(s: Span, now: number): [number, number] {
  if (s.from > 0) return [s.from, s.to];
  const to = Math.floor(now / 60_000) * 60_000;
  return [to - LENGTH[s.period], to];
}

const HOUR = 3_600_000;
const TEN_MINUTES = 600_000;

/** How long a figure must have counted for, by its name, ms: a rate or a share of periods means nothing over less than one. */
const WHOLE: Readonly<Record<string, number>> = {
  alarms_per_day: DAY,
  top10_conditions: DAY, // ten are all there are in a short while
  top10_rules: DAY,
  alarms_per_hour: HOUR,
  hours_over_30: HOUR,
  alarms_per_10min: TEN_MINUTES,
  periods_over_10: TEN_MINUTES,
  flood_time: TEN_MINUTES,
};

/** The period a figure needs where less than that is covered, ms; else 0. */
export function lacks(figure: string, covered: number): number {
  const whole = WHOLE[figure] ?? 0;
  return covered < whole ? whole : 0;
}

/** How many ids an address may carry. */
export const MOST_IDS = 200;

/** The list behind a figure, those that speak against it first; null where there is nothing behind it. */
export function behind(kind: 'alarm' | 'ticket', ids: readonly string[]): string | null {
  if (ids.length === 0) return null;
  return `/${kind}s?id=${ids.slice(0, MOST_IDS).join(',')}`;
}
