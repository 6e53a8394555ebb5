import type { Language, Quality } from '../api/types';

/** The last value of one point. The object changes when the value does. */
export interface LiveValue {
  readonly number: number | null;
  readonly quality: Quality;
  readonly time: number; // ms, 0 when never seen
  readonly reason: string;
  readonly reasonZh?: string; // where it reads otherwise in Chinese
}

/** Why the value is not good, as the person reads it; '' where nothing says so. */
export function reasonOf(v: LiveValue, language: Language): string {
  return language === 'zh' ? (v.reasonZh ?? v.reason) : v.reason;
}

/** A point that nothing has been heard of. */
export const UNKNOWN: LiveValue = { number: null, quality: 'unknown', time: 0, reason: '' };

export function same(a: LiveValue, b: LiveValue): boolean {
  return a.number === b.number && a.quality === b.quality && a.time === b.time && a.reason === b.reason;
}
