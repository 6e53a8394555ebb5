import { type Range, isRange } from '../../charts/window';

/** What the trend draws: null where nobody has chosen yet. */
export interface Choice {
  readonly points: readonly string[] | null;
  readonly range: Range;
}

export function readChoice(q: URLSearchParams): Choice {
  const points = q.get('points');
  const range = q.get('range');
  return { points: points === null ? null : points.split(',').filter(Boolean), range: isRange(range) ? range : '1h' };
}

export function writeChoice(c: Choice): URLSearchParams {
  const q = new URLSearchParams();
  if (c.points !== null) q.set('points', c.points.join(','));
  if (c.range !== '1h') q.set('range', c.range);
  return q;
}
