import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { LiveStore } from '../live/store';
import { Lately, mergeInto, mergeOpen } from './merge';
import { alarmOpen, ticketOpen } from './order';
import type { Alarm, AlarmDetail, DutyChanges, Ticket, TicketDetail } from './types';

/** What has come live of alarms and tickets since somebody signed in. */
export interface DutyNews {
  readonly alarms: Lately<Alarm>;
  readonly tickets: Lately<Ticket>;
}

export function newDutyNews(): DutyNews {
  return { alarms: new Lately(), tickets: new Lately() };
}

/** The keys of the caches; all begin alike, so that all can be asked for anew. */
export const dutyKey = {
  all: ['duty'],
  openAlarms: ['duty', 'open', 'alarms'],
  openTickets: ['duty', 'open', 'tickets'],
  alarm: (id: string) => ['duty', 'alarm', id],
  ticket: (id: string) => ['duty', 'ticket', id],
  alarms: (query: string) => ['duty', 'alarms', query],
  tickets: (query: string) => ['duty', 'tickets', query],
  rules: ['duty', 'rules'],
  explain: (asset: string) => ['duty', 'explain', asset],
  facts: ['duty', 'facts'],
  kpi: (from: number, to: number) => ['duty', 'kpi', from, to],
} as const;

type Pages<T> = InfiniteData<readonly T[], string>;

function intoPages<T extends { readonly id: string; readonly changed: string }>(pages: Pages<T> | undefined, changed: readonly T[]) {
  return pages && { ...pages, pages: pages.pages.map((p) => mergeInto(p, changed)) };
}

/** Puts what changed into every cache that shows it. */
export function applyChanges(client: QueryClient, news: DutyNews, { alarms, tickets, reload }: DutyChanges): void {
  news.alarms.add(alarms);
  news.tickets.add(tickets);
  client.setQueryData<readonly Alarm[]>(dutyKey.openAlarms, (l) => l && mergeOpen(l, alarms, alarmOpen));
  client.setQueryData<readonly Ticket[]>(dutyKey.openTickets, (l) => l && mergeOpen(l, tickets, ticketOpen));
  if (alarms.length > 0) client.setQueriesData<Pages<Alarm>>({ queryKey: ['duty', 'alarms'] }, (p) => intoPages(p, alarms));
  if (tickets.length > 0) client.setQueriesData<Pages<Ticket>>({ queryKey: ['duty', 'tickets'] }, (p) => intoPages(p, tickets));
  for (const a of alarms) {
    client.setQueryData<AlarmDetail>(dutyKey.alarm(a.id), (d) => d && { ...d, alarm: a });
    void client.invalidateQueries({ queryKey: dutyKey.alarm(a.id) });
  }
  for (const t of tickets) {
    client.setQueryData<TicketDetail>(dutyKey.ticket(t.id), (d) => d && { ...d, ticket: t });
    void client.invalidateQueries({ queryKey: dutyKey.ticket(t.id) });
  }
  for (const asset of new Set(alarms.map((a) => a.asset))) void client.invalidateQueries({ queryKey: dutyKey.explain(asset) });
  if (reload === true) void client.invalidateQueries({ queryKey: dutyKey.all });
}

/** Reads an event's data; what cannot be read asks for everything anew. */
export function parseChanges(data: string): DutyChanges {
  try {
    const x: unknown = JSON.parse(data);
    if (typeof x === 'object' && x !== null) {
      const { reload, alarms, tickets } = x as Partial<DutyChanges>;
      const listed = Array.isArray(alarms) && Array.isArray(tickets);
      return { reload: reload === true || !listed, alarms: listed ? alarms : [], tickets: listed ? tickets : [] };
    }
  } catch {
    // Falls through: the lists themselves say what is so.
  }
  return { reload: true, alarms: [], tickets: [] };
}

/** Takes a live event. */
export function takeDuty(client: QueryClient, news: DutyNews, data: string): void {
  applyChanges(client, news, parseChanges(data));
}

/** Asks for everything anew whenever the line comes back: what happened meanwhile was not heard. Returns its end. */
export function runDuty(client: QueryClient, store: LiveStore): () => void {
  let lost = false;
  return store.subscribe('line', () => {
    const { state } = store.line();
    if (state === 'lost') lost = true;
    if (state !== 'live' || !lost) return;
    lost = false;
    void client.invalidateQueries({ queryKey: dutyKey.all });
  });
}
