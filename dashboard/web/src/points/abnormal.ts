import type { Point, Quality } from '../api/types';

// What a good value says is trouble: the catalogue marks the states that people
// act on and which of them is the good one. Limits are the rules' business.

export interface Judged {
  readonly number: number | null;
  readonly quality: Quality;
}

/** Whether a value that can be trusted says trouble. */
export function isAbnormal(point: Point, v: Judged): boolean {
  if (v.number === null || (v.quality !== 'good' && v.quality !== 'uncertain')) return false;
  switch (point.type) {
    case 'bool':
      return point.alarm === true && (v.number !== 0) !== (point.normal === true);
    case 'enum':
      return point.labels?.some((l) => l.code === v.number && l.alarm === true) ?? false;
    case 'int':
      return point.alarm === true && v.number !== 0;
    case 'float':
      return false;
  }
}
