import { type UseQueryResult, keepPreviousData, useQueries } from '@tanstack/react-query';
import { call } from '../../api/client';
import { fetchHistory } from '../../api/queries';
import type { Sample } from '../../api/types';
import type { MeterPoint } from './meters';
import { type Bar, type Every, type WirePeriod, barsOf } from './periods';

const AGAIN_MS = 60_000;
export const DEMAND_MS = 15 * 60_000; // what a demand is the mean of
const MOST_STEPS = 10_000; // of one question; the gateway gives 20,000
const MOST_HOURS = 900; // periods of one question; the gateway gives 1,000

interface Consumption {
  readonly to: string;
  readonly series: readonly { readonly point: string; readonly periods: readonly WirePeriod[] | null }[] | null;
}

export interface Answers<T> {
  readonly data: readonly (T | undefined)[];
  readonly error: Error | null;
  readonly waiting: boolean;
}

function combine<T>(all: UseQueryResult<T>[]): Answers<T> {
  return { data: all.map((a) => a.data), error: all.find((a) => a.error)?.error ?? null, waiting: all.some((a) => a.isPending) };
}

const common = (moving: boolean) => ({
  placeholderData: keepPreviousData,
  refetchInterval: moving ? AGAIN_MS : (false as const),
  staleTime: AGAIN_MS / 2,
});

async function fetchBars(m: MeterPoint, every: Every, from: number, to: number, signal: AbortSignal): Promise<Bar[]> {
  const q = new URLSearchParams({ points: m.point.name, every, from: String(Math.floor(from)), to: String(Math.ceil(to)) });
  const c = await call<Consumption>(`/assets/${encodeURIComponent(m.asset.id)}/consumption?${q}`, {}, signal);
  return barsOf(c.series?.[0]?.periods ?? [], Date.parse(c.to));
}

/** What each meter's counter rose by, period by period. */
export function useBars(meters: readonly MeterPoint[], every: Every, from: number, to: number, moving: boolean): Answers<Bar[]> {
  return useQueries({
    queries: meters.map((m) => ({
      queryKey: ['consumption', m.asset.id, m.point.name, every, from, to],
      queryFn: ({ signal }: { signal: AbortSignal }) => fetchBars(m, every, from, to, signal),
      ...common(moving),
    })),
    combine,
  });
}

/** What each meter drew: the mean power of every quarter of an hour, or what it counted in every hour. */
export function useLoads(meters: readonly MeterPoint[], from: number, to: number, moving: boolean): Answers<Sample[]> {
  return useQueries({
    queries: meters.map((m) => ({
      queryKey: ['load', m.asset.id, (m.power ?? m.point).name, from, to],
      queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Sample[]> => {
        const out: Sample[] = [];
        if (m.power === null) {
          const first = Math.max(from, to - MOST_HOURS * 3_600_000);
          const bars = await fetchBars(m, 'hour', first, to, signal);
          return bars.map((b): Sample => [b.start, b.end > to ? null : b.amount]);
        }
        const chunk = MOST_STEPS * DEMAND_MS;
        for (let at = Math.floor(from / DEMAND_MS) * DEMAND_MS; at < to; at += chunk) {
          const end = Math.min(at + chunk, to);
          const ask = { asset: m.asset.id, points: [m.power.name], from: at, to: end, stepMs: DEMAND_MS, agg: 'mean' as const };
          const h = await fetchHistory(ask, signal);
          for (const s of h.series?.[0]?.samples ?? []) out.push(s);
        }
        return out;
      },
      ...common(moving),
    })),
    combine,
  });
}
