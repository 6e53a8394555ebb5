import { type Query, QueryCache, QueryClient, useIsMutating, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError, call, post } from './client';
import type { Agg, History, Session, SystemStatus } from './types';

const SESSION = ['session'] as const;
const ENDED = [SESSION[0], 'ended'] as const;
const SIGN_OUT = ['sign-out'] as const;
const other = (q: Query) => q.queryKey[0] !== SESSION[0];

/** A client that never retries what cannot get better: a refusal is final. */
export function newQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (e) => {
        if (e instanceof ApiError && e.status === 401) forgetSession(client);
      },
    }),
    defaultOptions: {
      queries: {
        retry: (n, e) => n < 2 && e instanceof ApiError && e.away,
        refetchOnWindowFocus: false,
        networkMode: 'always', // a plant network has no internet and works all the same
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
  return client;
}

/** Who is signed in; null when nobody is. */
export function useSession() {
  return useQuery({
    queryKey: SESSION,
    queryFn: async ({ signal }): Promise<Session | null> => {
      try {
        return await call<Session>('/session', {}, signal);
      } catch (e) {
        if (e instanceof ApiError && e.status === 401) return null;
        throw e;
      }
    },
    staleTime: Infinity,
  });
}

/** Call when an answer says 401: the page then asks to sign in again, and says why if somebody was signed in. */
export function forgetSession(client: QueryClient): void {
  if (client.getQueryData(SESSION)) client.setQueryData(ENDED, true);
  client.setQueryData(SESSION, null);
}

/** Whether the session ended under an open page: it expired, or the password was changed. */
export function useSessionEnded(): boolean {
  return useQuery({ queryKey: ENDED, queryFn: () => false, initialData: false, enabled: false, gcTime: Infinity }).data;
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (who: { user: string; password: string }) => post<Session>('/session', who),
    onSuccess: (session) => {
      // Another person may sign in: nothing of the last session stays. Now, when no page
      // is open; at sign-out an open one would ask for what was removed once more.
      client.removeQueries({ predicate: other });
      client.setQueryData(ENDED, false);
      client.setQueryData(SESSION, session);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationKey: SIGN_OUT,
    mutationFn: async () => {
      // First the page goes (see useSigningOut): what it still asked for would be refused.
      await new Promise((gone) => setTimeout(gone));
      await client.cancelQueries({ predicate: other });
      return call<undefined>('/session', { method: 'DELETE' });
    },
    onSuccess: () => client.setQueryData(SESSION, null),
  });
}

/** Whether somebody is signing out: no page may ask for anything then, or it would be refused. */
export const useSigningOut = (): boolean => useIsMutating({ mutationKey: SIGN_OUT }) > 0;

export function useSystem() {
  return useQuery({
    queryKey: ['system'],
    queryFn: ({ signal }) => call<SystemStatus>('/system', {}, signal),
    refetchInterval: 2000,
    retry: false, // the next poll is the retry
  });
}

export interface HistoryAsk {
  asset: string;
  points: string[];
  from: number; // ms
  to: number; // ms
  stepMs: number; // 0: raw samples
  agg: Agg;
}

export function fetchHistory(ask: HistoryAsk, signal: AbortSignal): Promise<History> {
  const q = new URLSearchParams({
    points: ask.points.join(','),
    from: String(Math.floor(ask.from)),
    to: String(Math.ceil(ask.to)),
  });
  if (ask.stepMs > 0) {
    q.set('step', `${ask.stepMs}ms`);
    q.set('agg', ask.agg);
  }
  return call<History>(`/assets/${encodeURIComponent(ask.asset)}/history?${q}`, {}, signal);
}
