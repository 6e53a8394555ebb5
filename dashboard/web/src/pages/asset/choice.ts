import { type Span, readSpan, writeSpan } from '../../charts/window';

/** What the trend draws: null where nobody has chosen yet. */
export interface Choice {
  readonly points: readonly string[] | null;
  readonly span: Span;
}

export function readChoice(q: URLSearchParams): Choice {
  const points = q.get('points');
  return { points: points === null ? null : points.split(',').filter(Boolean), span: readSpan(q.get('range')) };
}

export function writeChoice(c: Choice): URLSearchParams {
  const q = new URLSearchParams();
  if (c.points !== null) q.set('points', c.points.join(','));
  const range = writeSpan(c.span);
  if (range !== '1h') q.set('range', range);
  return q;
}
