// What people can do in which state: the tables of rules/ticket/moves.go and
// rules/alarm/life.go as buttons. The gateway has the last word; a test holds
// this against its tables.
import type { Alarm, AlarmState, AlarmVerb, Class, TicketState, TicketVerb } from './types';

const working: readonly TicketState[] = ['open', 'accepted', 'assigned', 'in_progress', 'waiting', 'reopened'];
const finished: readonly TicketState[] = ['done', 'proving'];

export const TICKET_MOVES: Readonly<Record<TicketVerb, readonly TicketState[]>> = {
  accept: ['open', 'reopened'],
  start: ['open', 'reopened', 'accepted', 'assigned'],
  resume: ['waiting'],
  done: ['accepted', 'assigned', 'in_progress'],
  assign: ['open', 'reopened', 'accepted', 'assigned', 'in_progress', 'waiting'],
  wait: ['accepted', 'assigned', 'in_progress'],
  plan: ['open', 'reopened', 'accepted', 'assigned', 'in_progress', 'waiting'],
  classify: working,
  close: finished,
  reopen: finished,
  note: [...working, ...finished],
  cancel: working,
};

const VERBS = Object.keys(TICKET_MOVES) as TicketVerb[];

/** What usually comes next: the one button that is emphasised. */
const FIRST: Partial<Record<TicketState, TicketVerb>> = {
  open: 'accept',
  reopened: 'accept',
  accepted: 'start',
  assigned: 'start',
  in_progress: 'done',
  waiting: 'resume',
  done: 'close',
};

export interface Step<V> {
  readonly do: V;
  readonly primary: boolean;
}

/** The next steps of a ticket in the order of a job's life. */
export function ticketSteps(t: { readonly state: TicketState; readonly class: Class }): Step<TicketVerb>[] {
  const can = (v: TicketVerb) => {
    if (v === 'plan' && t.class !== 'complex') return false;
    if (v === 'classify' && t.class !== 'simple' && t.class !== 'complex') return false;
    return TICKET_MOVES[v].includes(t.state);
  };
  return VERBS.filter(can).map((v) => ({ do: v, primary: FIRST[t.state] === v }));
}

/** Whether photos can be hung on a ticket in the state. */
export function canAttach(state: TicketState): boolean {
  return TICKET_MOVES.note.includes(state);
}

export const ALARM_MOVES: Readonly<Record<AlarmVerb, readonly AlarmState[]>> = {
  acknowledge: ['unacknowledged', 'returned'],
  reset: ['latched'],
  restore: ['out_of_service'],
  unshelve: ['shelved'],
  shelve: ['unacknowledged', 'acknowledged', 'returned', 'shelved', 'suppressed'],
  remove: ['unacknowledged', 'acknowledged', 'returned', 'latched', 'shelved', 'suppressed', 'out_of_service'],
};

export interface AlarmStep extends Step<AlarmVerb> {
  readonly refused?: 'p1' | undefined; // shown, but it cannot be done, and why
}

/** What can be done with an alarm; what its priority forbids is there with the reason. */
export function alarmSteps(a: Pick<Alarm, 'state' | 'priority' | 'active'>): AlarmStep[] {
  return (Object.keys(ALARM_MOVES) as AlarmVerb[])
    .filter((v) => ALARM_MOVES[v].includes(a.state))
    .map((v) => ({
      do: v,
      primary: v === 'acknowledge' || v === 'reset' || v === 'restore' || (v === 'unshelve' && a.state === 'shelved'),
      refused: v === 'shelve' && a.priority === 'P1' ? ('p1' as const) : undefined,
    }));
}
