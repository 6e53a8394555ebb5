import { type ClockState, worstClock } from '../../duty/clocks';
import { ticketOpen } from '../../duty/order';
import { PRIORITIES, type Priority, TICKET_CLASSES, TICKET_STATES, type Ticket, type TicketClass, type TicketState } from '../../duty/types';

export const TICKET_VIEWS = ['board', 'list'] as const;

/** What the page shows; all of it is in the address. */
export interface TicketFilter {
  readonly tab: 'open' | 'history';
  readonly view: (typeof TICKET_VIEWS)[number];
  readonly state: readonly TicketState[];
  readonly class: readonly TicketClass[];
  readonly priority: readonly Priority[];
  readonly area: string;
  readonly asset: string;
  readonly unit: string;
  readonly clock: '' | 'broken' | 'soon';
  readonly id: readonly string[];
}

const words = (text: string | null): string[] => (text ?? '').split(',').filter(Boolean);

export function readTicketFilter(q: URLSearchParams): TicketFilter {
  const among = <T extends string>(name: string, all: readonly T[]) => {
    const asked = words(q.get(name));
    return all.filter((x) => asked.includes(x));
  };
  const clock = q.get('clock');
  return {
    tab: q.get('tab') === 'history' ? 'history' : 'open',
    view: q.get('view') === 'list' ? 'list' : 'board',
    state: among('state', TICKET_STATES),
    class: among('class', TICKET_CLASSES),
    priority: among('priority', PRIORITIES),
    area: q.get('area') ?? '',
    asset: q.get('asset') ?? '',
    unit: q.get('unit') ?? '',
    clock: clock === 'broken' || clock === 'soon' ? clock : '',
    id: words(q.get('id')),
  };
}

/** The filter as a query of the gateway's lists. */
export function ticketQuery(f: TicketFilter): URLSearchParams {
  const q = new URLSearchParams();
  if (f.state.length > 0) q.set('state', f.state.join(','));
  if (f.class.length > 0) q.set('class', f.class.join(','));
  if (f.priority.length > 0) q.set('priority', f.priority.join(','));
  if (f.area !== '') q.set('area', f.area);
  if (f.asset !== '') q.set('asset', f.asset);
  if (f.unit !== '') q.set('unit', f.unit);
  if (f.clock === 'broken') q.set('breached', 'true');
  if (f.id.length > 0) q.set('id', f.id.join(','));
  return q;
}

export function writeTicketFilter(f: TicketFilter): URLSearchParams {
  const q = ticketQuery(f);
  q.delete('breached');
  if (f.clock !== '') q.set('clock', f.clock);
  if (f.tab !== 'open') q.set('tab', f.tab);
  if (f.view !== 'board') q.set('view', f.view);
  return q;
}

export const NO_FILTER = { state: [], class: [], priority: [], area: '', asset: '', unit: '', clock: '', id: [] } as const;

/** How many things the list is narrowed by. */
export function narrowedBy(f: TicketFilter): number {
  return [f.state.length, f.class.length, f.priority.length, f.area, f.asset, f.unit, f.clock].filter((x) => x !== '' && x !== 0).length;
}

/** Whether an open ticket is among those asked for. over gives the areas over an asset or an area. */
export function ticketMatches(t: Ticket, f: TicketFilter, over: (t: Ticket) => readonly string[], now: number): boolean {
  return (
    ticketOpen(t) &&
    (f.state.length === 0 || f.state.includes(t.state)) &&
    (f.class.length === 0 || f.class.some((c) => c === t.class)) &&
    (f.priority.length === 0 || f.priority.includes(t.priority)) &&
    (f.asset === '' || t.asset === f.asset) &&
    (f.unit === '' || t.unit === f.unit) &&
    (f.area === '' || over(t).includes(f.area)) &&
    (f.clock === '' || worstClock(t, now)?.standing.state === (f.clock satisfies ClockState))
  );
}

/** The columns of the board, in the order of a job's life. */
export const COLUMNS: readonly { readonly key: string; readonly states: readonly TicketState[] }[] = [
  { key: 'new', states: ['open', 'reopened'] },
  { key: 'taken', states: ['accepted', 'assigned'] },
  { key: 'work', states: ['in_progress'] },
  { key: 'waits', states: ['waiting'] },
  { key: 'proof', states: ['done', 'proving'] },
];
