import type { Text } from '../api/types';

/** Something that people were asked to do about an asset, on a chart's time. */
export interface Mark {
  readonly kind: 'alarm' | 'ticket';
  readonly id: string;
  readonly asset: string;
  readonly at: number; // ms
  readonly until: number | null; // ms; null: not over
  readonly priority: string;
  readonly state: string;
  readonly title: Text;
}

/** What the gateway says of an alarm or a ticket, as far as a mark asks. */
export interface AlarmRow {
  readonly id: string;
  readonly asset: string;
  readonly raised: string;
  readonly cleared?: string;
  readonly active: boolean;
  readonly priority: string;
  readonly state: string;
  readonly title: Text;
}
export interface TicketRow {
  readonly id: string;
  readonly asset?: string;
  readonly opened: string;
  readonly closed?: string;
  readonly priority: string;
  readonly state: string;
  readonly title: Text;
}

const instant = (text: string | undefined) => {
  const at = text === undefined ? NaN : Date.parse(text);
  return Number.isFinite(at) && at > 0 ? at : null;
};

export function alarmMark(a: AlarmRow): Mark {
  const until = a.active ? null : instant(a.cleared);
  return { kind: 'alarm', id: a.id, asset: a.asset, at: instant(a.raised) ?? 0, until, priority: a.priority, state: a.state, title: a.title };
}

export function ticketMark(x: TicketRow): Mark {
  const at = instant(x.opened) ?? 0;
  return { kind: 'ticket', id: x.id, asset: x.asset ?? '', at, until: instant(x.closed), priority: x.priority, state: x.state, title: x.title };
}

/** Marks too near each other to stand apart. */
export interface Cluster {
  readonly at: number; // ms, of the first
  readonly marks: readonly Mark[];
}

/** Gathers marks that would overlap: alarms and tickets lie in lanes of their own. */
export function cluster(marks: readonly Mark[], from: number, to: number, widthPx: number, apartPx: number): Cluster[] {
  const apart = ((to - from) / Math.max(widthPx, 1)) * apartPx;
  const out: { at: number; marks: Mark[] }[] = [];
  for (const m of [...marks].sort((a, b) => a.at - b.at)) {
    if (m.at < from - apart || m.at > to) continue;
    const last = out.at(-1);
    if (last && m.at - last.at < apart) last.marks.push(m);
    else out.push({ at: m.at, marks: [m] });
  }
  return out;
}

/** The most urgent priority among marks; P1 sorts first. */
export function worst(marks: readonly Mark[]): string {
  return marks.map((m) => m.priority).sort()[0] ?? '';
}

/** Where a mark leads. */
export function addressOf(m: Mark): string {
  return m.kind === 'ticket' ? `/tickets/${encodeURIComponent(m.id)}` : `/alarms?alarm=${encodeURIComponent(m.id)}`;
}
