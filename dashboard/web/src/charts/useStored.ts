import { type UseQueryResult, keepPreviousData, useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { History, Sample } from '../api/types';
import { fetchHistory } from '../api/queries';
import type { Clock } from '../live/clock';
import { type Line, type Stored, isCoded, keyOf } from './line';
import { type Span, aggOf, chooseStep, fetchWindow, lengthOf, writeSpan } from './window';

const LONGEST_LEAD = 7_200_000; // ms

export interface StoredLines {
  readonly lines: ReadonlyMap<string, Stored>;
  readonly stepMs: number;
  readonly error: Error | null;
  readonly loading: boolean;
}

const NOTHING: readonly Sample[] = [];

/** The edge of a band: samples with other numbers. */
function edge(samples: readonly Sample[], numbers: readonly (number | null)[] | undefined): readonly Sample[] {
  return numbers === undefined ? NOTHING : samples.map((s, i) => [s[0], numbers[i] ?? null]);
}

function storedOf(h: History): Stored {
  const { samples, low, high } = h.series?.[0] ?? {};
  const all = samples ?? NOTHING;
  return { samples: all, low: edge(all, low), high: edge(all, high), stepMs: h.step_ms };
}

/** Queries of one line each: they run side by side, and another line asks for nothing twice. */
function useOnes(lines: readonly Line[], span: Span, stepMs: number, clock: Clock, enabled: boolean) {
  return useQueries({
    queries: lines.map((line) => {
      const agg = aggOf(line.point);
      // A held value comes into the window from before it.
      const lead = isCoded(line.point) ? Math.min(line.point.fresh / 1e6, LONGEST_LEAD) : 0;
      const still = span.live ? null : fetchWindow(span.from - lead, span.to, stepMs);
      return {
        queryKey: ['history', line.asset.id, line.point.name, stepMs, still ? still.join('-') : writeSpan(span)],
        queryFn: async ({ signal }: { signal: AbortSignal }) => {
          const now = clock.now();
          const [from, to] = still ?? [now - lengthOf(span) - lead, now];
          const first = stepMs === 0 ? from : Math.floor(from / stepMs) * stepMs;
          const ask = { asset: line.asset.id, points: [line.point.name], from: first, to: Math.max(Math.min(to, now), first + 1000), stepMs, agg };
          return storedOf(await fetchHistory(ask, signal));
        },
        enabled,
        placeholderData: keepPreviousData,
        // The live tail fills the time between; this brings what the tail skipped.
        refetchInterval: span.live ? Math.min(Math.max(stepMs, 30_000), 300_000) : (false as const),
        staleTime: 20_000,
        gcTime: 60_000,
      };
    }),
    combine: combined,
  });
}

interface Answers {
  readonly data: readonly (Stored | undefined)[];
  readonly error: Error | null;
  readonly waiting: boolean; // for the first answer, or for that of another window
}

function combined(all: UseQueryResult<Stored>[]): Answers {
  return {
    data: all.map((a) => a.data),
    error: all.find((a) => a.error)?.error ?? null,
    waiting: all.some((a) => a.isPending || a.isPlaceholderData),
  };
}

/** The stored samples of some lines over a span that may move with time. */
export function useStored(lines: readonly Line[], span: Span, width: number, clock: Clock): StoredLines {
  const stepMs = chooseStep(lengthOf(span), width);
  const answers = useOnes(lines, span, stepMs, clock, width > 0);
  return useMemo(() => {
    const stored = new Map<string, Stored>();
    lines.forEach((line, i) => {
      const a = answers.data[i];
      if (a) stored.set(keyOf(line), a);
    });
    return { lines: stored, stepMs, error: answers.error, loading: answers.waiting };
  }, [lines, answers, stepMs]);
}
