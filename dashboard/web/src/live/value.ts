import type { Quality } from '../api/types';

/** The last value of one point. The object changes when the value does. */
export interface LiveValue {
  readonly number: number | null;
  readonly quality: Quality;
  readonly time: number; // ms, 0 when never seen
  readonly reason: string;
}

/** A point that nothing has been heard of. */
export const UNKNOWN: LiveValue = { number: null, quality: 'unknown', time: 0, reason: '' };

export function same(a: LiveValue, b: LiveValue): boolean {
  return a.number === b.number && a.quality === b.quality && a.time === b.time && a.reason === b.reason;
}
