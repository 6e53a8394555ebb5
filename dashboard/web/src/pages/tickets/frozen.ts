import type { TicketEvent } from '../../duty/types';

/** The points and the time that show how it came to a ticket. */
export interface Frozen {
  readonly asset: string;
  readonly points: readonly string[];
  readonly from: number; // ms
  readonly to: number; // ms
}

/** Reads the newest frozen trend of a timeline; null where there is none that can be read. */
export function frozenOf(timeline: readonly TicketEvent[]): Frozen | null {
  for (const e of [...timeline].reverse()) {
    if (e.what !== 'trend' || e.text === undefined) continue;
    try {
      const x = JSON.parse(e.text) as Partial<Record<'asset' | 'points' | 'from' | 'to', unknown>> | null;
      const points = Array.isArray(x?.points) ? x.points.filter((p): p is string => typeof p === 'string') : [];
      const from = Date.parse(String(x?.from));
      const to = Date.parse(String(x?.to));
      if (typeof x?.asset === 'string' && points.length > 0 && to > from) return { asset: x.asset, points, from, to };
    } catch {
      // Not ours to draw.
    }
  }
  return null;
}
