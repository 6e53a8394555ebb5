import type { Counts } from '../../live/counts';

/** Worst first: by the share of points that are not good, then by how many; ties keep their order. */
export function worstFirst<T extends { readonly counts: Counts }>(rows: readonly T[]): T[] {
  const share = (c: Counts) => (c.points === 0 ? 0 : c.notGood / c.points);
  return [...rows].sort((a, b) => share(b.counts) - share(a.counts) || b.counts.notGood - a.counts.notGood);
}
