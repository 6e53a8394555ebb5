import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call } from '../api/client';
import type { Clock } from '../live/clock';
import type { Line } from './line';
import type { Judged } from './limits';
import { type AlarmRow, type Mark, type TicketRow, alarmMark, ticketMark } from './marks';
import { type Span, fetchWindow, lengthOf, writeSpan } from './window';

const AGAIN_MS = 15_000;
const MOST = 500;

/** The alarms and tickets of some assets whose life touches a span. */
export function useMarks(assets: readonly string[], span: Span, clock: Clock): readonly Mark[] {
  const still = span.live ? null : fetchWindow(span.from, span.to, 0);
  const { data } = useQuery({
    queryKey: ['duty', 'marks', assets, still ? still.join('-') : writeSpan(span)],
    queryFn: async ({ signal }) => {
      const now = Math.ceil(clock.now());
      const [from, to] = still ?? [Math.floor(now - lengthOf(span)), now + 1000];
      const q = new URLSearchParams({ asset: assets.join(','), from: String(from), to: String(to), limit: String(MOST) });
      const [a, b] = await Promise.all([
        call<{ alarms: AlarmRow[] | null }>(`/alarms?${q}`, {}, signal),
        call<{ tickets: TicketRow[] | null }>(`/tickets?${q}`, {}, signal),
      ]);
      return [...(a.alarms ?? []).map(alarmMark), ...(b.tickets ?? []).map(ticketMark)];
    },
    enabled: assets.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: span.live ? AGAIN_MS : (false as const),
    staleTime: AGAIN_MS,
    retry: false, // a chart is a chart without its marks
  });
  return useMemo(() => data ?? [], [data]);
}

const rulesOf = (all: readonly { readonly data: readonly Judged[] | undefined }[]) => all.map((a) => a.data);

const judged = (asset: string) => ({
  queryKey: ['duty', 'explain', asset],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await call<{ rules: Judged[] | null }>(`/assets/${encodeURIComponent(asset)}/rules`, {}, signal)).rules ?? [],
  staleTime: 300_000,
  retry: false,
});

/** The rules of one asset; none until they are known. */
export const useJudgedOf = (asset: string): readonly Judged[] | undefined => useQuery(judged(asset)).data;

/** The rules of the assets of some lines, by asset. */
export function useJudged(lines: readonly Line[]): ReadonlyMap<string, readonly Judged[]> {
  const assets = useMemo(() => [...new Set(lines.map((l) => l.asset.id))], [lines]);
  const rules = useQueries({ queries: assets.map(judged), combine: rulesOf });
  return useMemo(() => new Map(assets.map((a, i) => [a, rules[i] ?? []])), [assets, rules]);
}
