import type { Alarm, AlarmState, Priority, Ticket, TicketState } from './types';

/** Whether the alarm's life goes on. */
export const alarmOpen = (a: Pick<Alarm, 'state'>): boolean => a.state !== 'normal';
/** Whether something more happens to a ticket. */
export const ticketOpen = (t: { readonly state: TicketState }): boolean => t.state !== 'closed' && t.state !== 'cancelled';

/** Nobody has said that he knows. */
export const asksAck = (s: AlarmState): boolean => s === 'unacknowledged' || s === 'returned';
/** Put aside by a person, by design or with its equipment: judged on, but it asks nobody. */
export const isAside = (s: AlarmState): boolean => s === 'shelved' || s === 'suppressed' || s === 'out_of_service';

const rank = (p: Priority): number => Number(p.slice(1)) || 9;

/** The number behind the letter of an id: A000123 is newer than A000122. */
export const idNumber = (id: string): number => Number(id.replace(/^\D+/, '')) || 0;

/** By priority, then the newest first. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return (
    rank(a.priority) - rank(b.priority) || Date.parse(b.raised) - Date.parse(a.raised) || idNumber(b.id) - idNumber(a.id)
  );
}

/** The alarms that are open and not put aside, by their asset, the most urgent first. */
export function askingByAsset(alarms: readonly Alarm[]): Map<string, Alarm[]> {
  const out = new Map<string, Alarm[]>();
  for (const a of [...alarms].sort(byUrgency)) {
    if (alarmOpen(a) && !isAside(a.state)) out.set(a.asset, [...(out.get(a.asset) ?? []), a]);
  }
  return out;
}

/** How many open alarms there are of each priority, how many nobody has acknowledged, and how many are put aside. */
export interface AlarmCounts {
  readonly of: Readonly<Record<Priority, { readonly open: number; readonly unacked: number }>>;
  readonly open: number;
  readonly unacked: number;
  readonly aside: Readonly<Record<Priority, number>>;
}

export function countAlarms(alarms: readonly Alarm[]): AlarmCounts {
  const of = { P1: { open: 0, unacked: 0 }, P2: { open: 0, unacked: 0 }, P3: { open: 0, unacked: 0 }, P4: { open: 0, unacked: 0 } };
  const aside = { P1: 0, P2: 0, P3: 0, P4: 0 };
  const sum = { open: 0, unacked: 0 };
  for (const a of alarms) {
    if (!alarmOpen(a)) continue;
    if (isAside(a.state)) {
      aside[a.priority]++;
      continue;
    }
    const at = of[a.priority];
    at.open++;
    sum.open++;
    if (!asksAck(a.state)) continue;
    at.unacked++;
    sum.unacked++;
  }
  return { of, aside, ...sum };
}

/** How many alarms are folded into each, by the id of their cause. */
export function foldedInto(alarms: readonly Alarm[]): Map<string, number> {
  const out = new Map<string, number>();
  for (const a of alarms) {
    if (a.cause !== undefined && a.cause !== '') out.set(a.cause, (out.get(a.cause) ?? 0) + 1);
  }
  return out;
}

/** The site's flood of alarms, while its alarm is active. */
export const floodOf = (alarms: readonly Alarm[]): Alarm | undefined =>
  alarms.find((a) => a.active && (a.rule === 'SY-03' || a.rule.startsWith('SY-03.')));

/** Tickets by priority, then the oldest first: who has waited longest is next. */
export function ticketsByUrgency(a: Ticket, b: Ticket): number {
  return rank(a.priority) - rank(b.priority) || Date.parse(a.opened) - Date.parse(b.opened);
}
