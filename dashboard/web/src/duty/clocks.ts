import type { ServiceClock, Ticket } from './types';
import { ticketOpen } from './order';

export type ClockState = 'met' | 'late' | 'broken' | 'paused' | 'soon' | 'running' | 'ended';

/** How a promise stands at an instant. */
export interface Standing {
  readonly state: ClockState;
  readonly leftMs: number; // negative: over by so much; of what is met: how much was left
  readonly used: number; // share of the limit, 0 to 1
  readonly sinceMs: number; // of broken and paused: since when
}

const at = (time: string | undefined): number => {
  const ms = time === undefined ? NaN : Date.parse(time);
  return ms > 0 ? ms : 0;
};

/** The last share of a limit in which a clock is about to be broken, where the gateway has not warned yet. */
const SOON = 0.2;

/** Where a clock stands. Over means that its ticket is closed or cancelled: what was not kept then only was. */
export function standing(c: ServiceClock, now: number, over = false): Standing {
  const due = at(c.due);
  const limit = Math.max(c.limit / 1e6, 1);
  const of = (state: ClockState, moment: number, sinceMs = 0): Standing => ({
    state, leftMs: due - moment, used: Math.min(Math.max(1 - (due - moment) / limit, 0), 1), sinceMs,
  });
  const met = at(c.met);
  const breached = at(c.breached);
  if (met > 0) return of(breached > 0 ? 'late' : 'met', met, breached);
  if (breached > 0) return of('broken', now, breached);
  if (over) return of('ended', due - limit);
  const paused = at(c.paused);
  if (paused > 0) return of('paused', paused, paused);
  if (now >= due) return of('broken', now, due);
  return of(at(c.warned) > 0 || due - now < limit * SOON ? 'soon' : 'running', now);
}

const WEIGHT: Readonly<Record<ClockState, number>> = { broken: 0, soon: 1, running: 2, paused: 3, late: 4, met: 5, ended: 6 };

/** The clock of a ticket that a person must know of first: broken, then the least time left. */
export function worstClock(t: Ticket, now: number): { clock: ServiceClock; standing: Standing } | null {
  const all = (t.clocks ?? []).map((clock) => ({ clock, standing: standing(clock, now, !ticketOpen(t)) }));
  all.sort((a, b) => WEIGHT[a.standing.state] - WEIGHT[b.standing.state] || a.standing.leftMs - b.standing.leftMs);
  return all[0] ?? null;
}

/** How many open tickets have a broken clock, and how many others one about to be. */
export function countClocks(tickets: readonly Ticket[], now: number): { broken: number; soon: number } {
  let broken = 0;
  let soon = 0;
  for (const t of tickets) {
    if (!ticketOpen(t)) continue;
    const state = worstClock(t, now)?.standing.state;
    if (state === 'broken') broken++;
    else if (state === 'soon') soon++;
  }
  return { broken, soon };
}
