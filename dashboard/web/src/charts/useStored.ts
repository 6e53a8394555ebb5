import { type UseQueryResult, keepPreviousData, useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Agg, History, Sample } from '../api/types';
import { fetchHistory } from '../api/queries';
import type { Clock } from '../live/clock';
import { type Line, type Stored, isCoded, keyOf } from './line';
import { type Span, aggOf, chooseStep, fetchWindow, lengthOf, writeSpan } from './window';

const MOST_ENVELOPES = 8; // of lines; more of them would hide each other
const LONGEST_LEAD = 7_200_000; // ms

export interface StoredLines {
  readonly lines: ReadonlyMap<string, Stored>;
  readonly stepMs: number;
  readonly error: Error | null;
  readonly loading: boolean;
}

interface One {
  readonly line: Line;
  readonly agg: Agg;
}

/** What one query brings, with the window that it was asked for. */
interface Answer {
  readonly from: number;
  readonly stepMs: number;
  readonly samples: readonly Sample[];
}

const NOTHING: readonly Sample[] = [];

function answerOf(h: History): Answer {
  return { from: Date.parse(h.from), stepMs: h.step_ms, samples: h.series?.[0]?.samples ?? NOTHING };
}

/** Queries of one line each: they run side by side, and another line asks for nothing twice. */
function useOnes(ones: readonly One[], span: Span, stepMs: number, clock: Clock, enabled: boolean) {
  return useQueries({
    queries: ones.map(({ line, agg }) => {
      const asked = stepMs === 0 ? 'none' : agg;
      // A held value comes into the window from before it.
      const lead = isCoded(line.point) ? Math.min(line.point.fresh / 1e6, LONGEST_LEAD) : 0;
      const still = span.live ? null : fetchWindow(span.from - lead, span.to, stepMs);
      return {
        queryKey: ['history', line.asset.id, line.point.name, asked, stepMs, still ? still.join('-') : writeSpan(span)],
        queryFn: async ({ signal }: { signal: AbortSignal }) => {
          const now = clock.now();
          const [from, to] = still ?? [now - lengthOf(span) - lead, now];
          const first = stepMs === 0 ? from : Math.floor(from / stepMs) * stepMs;
          const ask = { asset: line.asset.id, points: [line.point.name], from: first, to: Math.max(Math.min(to, now), first + 1000), stepMs, agg };
          return answerOf(await fetchHistory(ask, signal));
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
  readonly data: readonly (Answer | undefined)[];
  readonly error: Error | null;
  readonly waiting: boolean; // for the first answer, or for that of another window
}

function combined(all: UseQueryResult<Answer>[]): Answers {
  return {
    data: all.map((a) => a.data),
    error: all.find((a) => a.error)?.error ?? null,
    waiting: all.some((a) => a.isPending || a.isPlaceholderData),
  };
}

/**
 * The stored samples of some lines over a span that may move with time. Where
 * a step is made of many, its least and most come a moment after its mean.
 */
export function useStored(lines: readonly Line[], span: Span, width: number, clock: Clock): StoredLines {
  const stepMs = chooseStep(lengthOf(span), width);
  const mains = useMemo(() => lines.map((line) => ({ line, agg: aggOf(line.point) })), [lines]);
  const edged = useMemo(() => {
    const means = stepMs > 0 && lines.length <= MOST_ENVELOPES ? lines.filter((l) => aggOf(l.point) === 'mean') : [];
    return means.flatMap((line): One[] => [{ line, agg: 'min' }, { line, agg: 'max' }]);
  }, [lines, stepMs]);
  const main = useOnes(mains, span, stepMs, clock, width > 0);
  const edges = useOnes(edged, span, stepMs, clock, width > 0 && !main.waiting);
  return useMemo(() => {
    const stored = new Map<string, Stored>();
    mains.forEach(({ line }, i) => {
      const a = main.data[i];
      if (!a) return;
      const at = edged.findIndex((e) => e.line === line);
      const [low, high] = at < 0 ? [] : [edges.data[at], edges.data[at + 1]];
      const fits = low?.stepMs === a.stepMs && high?.stepMs === a.stepMs;
      stored.set(keyOf(line), {
        samples: a.samples,
        low: fits ? low.samples : NOTHING,
        high: fits ? high.samples : NOTHING,
        stepMs: a.stepMs,
      });
    });
    return { lines: stored, stepMs, error: main.error ?? edges.error, loading: main.waiting };
  }, [mains, edged, main, edges, stepMs]);
}
