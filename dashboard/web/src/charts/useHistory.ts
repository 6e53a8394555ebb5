import { keepPreviousData, useQueries } from '@tanstack/react-query';
import type { Agg, Point, Sample } from '../api/types';
import { fetchHistory } from '../api/queries';
import type { Clock } from '../live/clock';
import { type Range, aggOf, chooseStep, rangeLength } from './window';

export interface Ask {
  readonly asset: string;
  readonly points: readonly Point[];
  readonly range: Range;
  readonly width: number; // px
  readonly frozenAt: number | null; // ms; null follows the present
}

export interface Stored {
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  readonly stepMs: number;
  readonly error: Error | null;
  readonly loading: boolean;
}

interface Part {
  readonly agg: Agg;
  readonly names: string[];
  readonly lead: number; // ms before the window, for a held value to come in from
}

/** Points that can be asked for together: those that are made smaller in the same way. */
function parts(points: readonly Point[], stepMs: number): Part[] {
  const out = new Map<Agg, Part>();
  for (const p of points) {
    const agg = stepMs === 0 ? 'none' : aggOf(p);
    const held = p.type === 'bool' || p.type === 'enum' ? Math.min(p.fresh / 1e6, 7_200_000) : 0;
    const old = out.get(agg);
    out.set(agg, { agg, names: [...(old?.names ?? []), p.name], lead: Math.max(old?.lead ?? 0, held) });
  }
  return [...out.values()];
}

/** The stored samples of some points over a window that may move with time. */
export function useHistory(ask: Ask, clock: Clock): Stored {
  const length = rangeLength(ask.range);
  const stepMs = chooseStep(length, ask.width);
  return useQueries({
    queries: parts(ask.points, stepMs).map(({ agg, names, lead }) => ({
      queryKey: ['history', ask.asset, names, agg, ask.range, stepMs, ask.frozenAt ?? 'live'],
      queryFn: ({ signal }: { signal: AbortSignal }) => {
        const to = ask.frozenAt ?? clock.now();
        const from = to - length - lead;
        const first = stepMs === 0 ? from : Math.floor(from / stepMs) * stepMs;
        return fetchHistory({ asset: ask.asset, points: names, from: first, to, stepMs, agg }, signal);
      },
      enabled: ask.width > 0,
      placeholderData: keepPreviousData,
      // The live tail fills the time between; this brings what the tail skipped.
      refetchInterval: ask.frozenAt === null ? Math.min(Math.max(stepMs, 30_000), 60_000) : (false as const),
      staleTime: 5000,
      gcTime: 60_000,
    })),
    combine: (answers): Stored => {
      const samples = new Map<string, readonly Sample[]>();
      for (const a of answers) {
        for (const s of a.data?.series ?? []) samples.set(s.point, s.samples ?? []);
      }
      return {
        samples,
        stepMs,
        error: answers.find((a) => a.error)?.error ?? null,
        loading: answers.some((a) => a.isPending),
      };
    },
  });
}
