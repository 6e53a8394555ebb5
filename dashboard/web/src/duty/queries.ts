import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call, post } from '../api/client';
import { useLive } from '../live/hooks';
import { applyChanges, dutyKey } from './live';
import { mergeInto, mergeOpen } from './merge';
import { alarmOpen, ticketOpen } from './order';
import type { Alarm, AlarmAction, AlarmDetail, DutyChanges, Report, Ticket, TicketAction, TicketDetail } from './types';
import type { Explanation, Fact, FactSet, KPI, Rule } from './ruletypes';

const PAGE = 500; // the gateway's most
const MOST_PAGES = 20;
const AGAIN_MS = 60_000; // beside the stream, should it have missed something
const SOON_MS = 5000; // after a failure: nobody may take "not known" for "nothing"

const pace = (q: { readonly state: { readonly status: string } }) => (q.state.status === 'error' ? SOON_MS : AGAIN_MS);
const enc = encodeURIComponent;

/** Every page of an open list. */
async function everything<T extends { readonly id: string }>(path: string, list: (x: never) => T[], signal: AbortSignal): Promise<T[]> {
  const out: T[] = [];
  for (let n = 0, after = ''; n < MOST_PAGES; n++) {
    const q = new URLSearchParams({ open: 'true', limit: String(PAGE), ...(after === '' ? {} : { after }) });
    const page = list(await call<never>(`${path}?${q}`, {}, signal));
    out.push(...page);
    after = page.at(-1)?.id ?? '';
    if (page.length < PAGE) break;
  }
  return out;
}

/** Every alarm that is not over, kept up to date by the stream. */
export function useOpenAlarms() {
  const { duty } = useLive();
  return useQuery({
    queryKey: dutyKey.openAlarms,
    queryFn: async ({ signal }) => {
      const mark = duty.alarms.mark();
      const list = await everything<Alarm>('/alarms', (x: { alarms: Alarm[] }) => x.alarms, signal);
      return mergeOpen(list, duty.alarms.since(mark), alarmOpen);
    },
    refetchInterval: pace,
    staleTime: AGAIN_MS,
  });
}

/** Every ticket that is not over, kept up to date by the stream. */
export function useOpenTickets() {
  const { duty } = useLive();
  return useQuery({
    queryKey: dutyKey.openTickets,
    queryFn: async ({ signal }) => {
      const mark = duty.tickets.mark();
      const list = await everything<Ticket>('/tickets', (x: { tickets: Ticket[] }) => x.tickets, signal);
      return mergeOpen(list, duty.tickets.since(mark), ticketOpen);
    },
    refetchInterval: pace,
    staleTime: AGAIN_MS,
  });
}

export const HISTORY_PAGE = 100;
const last = (page: readonly { readonly id: string }[]) => (page.length < HISTORY_PAGE ? undefined : page.at(-1)?.id);
const paged = (query: string, after: string) => `${query === '' ? '' : `${query}&`}limit=${HISTORY_PAGE}${after === '' ? '' : `&after=${enc(after)}`}`;

/** Alarms of all times that a query asks for, the newest first, page by page. */
export function useAlarmPages(query: string, enabled: boolean) {
  const { duty } = useLive();
  return useInfiniteQuery({
    queryKey: dutyKey.alarms(query),
    queryFn: async ({ signal, pageParam }): Promise<readonly Alarm[]> => {
      const mark = duty.alarms.mark();
      const { alarms } = await call<{ alarms: Alarm[] }>(`/alarms?${paged(query, pageParam)}`, {}, signal);
      return mergeInto(alarms, duty.alarms.since(mark));
    },
    initialPageParam: '',
    getNextPageParam: last,
    placeholderData: keepPreviousData,
    enabled,
  });
}

/** Tickets of all times that a query asks for, the newest first, page by page. */
export function useTicketPages(query: string, enabled: boolean) {
  const { duty } = useLive();
  return useInfiniteQuery({
    queryKey: dutyKey.tickets(query),
    queryFn: async ({ signal, pageParam }): Promise<readonly Ticket[]> => {
      const mark = duty.tickets.mark();
      const { tickets } = await call<{ tickets: Ticket[] }>(`/tickets?${paged(query, pageParam)}`, {}, signal);
      return mergeInto(tickets, duty.tickets.since(mark));
    },
    initialPageParam: '',
    getNextPageParam: last,
    placeholderData: keepPreviousData,
    enabled,
  });
}

export const useAlarm = (id: string) =>
  useQuery({
    queryKey: dutyKey.alarm(id),
    queryFn: ({ signal }) => call<AlarmDetail>(`/alarms/${enc(id)}`, {}, signal),
    enabled: id !== '',
  });

export const useTicket = (id: string) =>
  useQuery({
    queryKey: dutyKey.ticket(id),
    queryFn: ({ signal }) => call<TicketDetail>(`/tickets/${enc(id)}`, {}, signal),
  });

/** Every rule. They change with the site's files only. */
export const useRules = (enabled = true) =>
  useQuery({
    queryKey: dutyKey.rules,
    queryFn: async ({ signal }) => (await call<{ rules: Rule[] }>('/rules', {}, signal)).rules,
    staleTime: 5 * AGAIN_MS,
    enabled,
  });

/** Why each rule of an asset is or is not alarming now. */
export const useExplain = (asset: string) =>
  useQuery({
    queryKey: dutyKey.explain(asset),
    queryFn: async ({ signal }) => (await call<{ rules: Explanation[] }>(`/assets/${enc(asset)}/rules`, {}, signal)).rules,
    refetchInterval: SOON_MS,
  });

export const useFacts = () =>
  useQuery({
    queryKey: dutyKey.facts,
    queryFn: async ({ signal }) => (await call<{ facts: Fact[] }>('/facts', {}, signal)).facts,
    refetchInterval: AGAIN_MS,
  });

export const useKPI = (from: number, to: number) =>
  useQuery({
    queryKey: dutyKey.kpi(from, to),
    queryFn: ({ signal }) => call<KPI>(`/kpi?from=${from}&to=${to}`, {}, signal),
    placeholderData: keepPreviousData,
  });

/** Something a person does. What it changed is on the page before its answer is. */
function useDoing<T>(path: (x: T) => string, body: (x: T) => unknown) {
  const client = useQueryClient();
  const { duty } = useLive();
  return useMutation({
    mutationFn: (x: T) => post<DutyChanges>(path(x), body(x)),
    onSuccess: (changes) => applyChanges(client, duty, changes),
  });
}

const withoutID = (x: { readonly id: string }) => ({ ...x, id: undefined }); // JSON leaves undefined out

export const useAlarmAction = () =>
  useDoing<AlarmAction & { id: string }>((x) => `/alarms/${enc(x.id)}/actions`, withoutID);
export const useTicketAction = () =>
  useDoing<TicketAction & { id: string }>((x) => `/tickets/${enc(x.id)}/actions`, withoutID);
export const useReport = () => useDoing<Report>(() => '/tickets', (x) => x);

export function useSetFact() {
  const client = useQueryClient();
  const { duty } = useLive();
  return useMutation({
    mutationFn: (f: FactSet) => post<DutyChanges>('/facts', f),
    onSuccess: (changes) => {
      applyChanges(client, duty, changes);
      void client.invalidateQueries({ queryKey: ['duty', 'explain'] });
    },
    // Also after a refusal: the fact may be another by now, or gone.
    onSettled: () => void client.invalidateQueries({ queryKey: dutyKey.facts }),
  });
}

const UPLOAD_MS = 180_000;

/** Hangs a photo on a ticket. */
export function useAttach(ticket: string) {
  const client = useQueryClient();
  const { duty } = useLive();
  return useMutation({
    mutationFn: ({ file, name }: { file: Blob; name: string }) =>
      call<DutyChanges>(`/tickets/${enc(ticket)}/attachments?name=${enc(name)}`, {
        method: 'POST',
        headers: { 'Content-Type': file.type },
        body: file,
        timeoutMs: UPLOAD_MS,
      }),
    onSuccess: (changes) => {
      applyChanges(client, duty, changes);
      void client.invalidateQueries({ queryKey: dutyKey.ticket(ticket) });
    },
  });
}
