import { describe, expect, it } from 'vitest';
import { TICKET_STATES, type Ticket, type TicketEvent } from '../../duty/types';
import { COLUMNS, readTicketFilter, ticketMatches, ticketQuery, writeTicketFilter } from './filter';
import { frozenOf } from './frozen';
import { fit } from './photo';

const read = (q: string) => readTicketFilter(new URLSearchParams(q));

describe('the filter of tickets', () => {
  it('survives the address', () => {
    const q = 'state=waiting&class=simple&priority=P2&area=a&asset=x&unit=B-1&id=T1&clock=broken&tab=history&view=list';
    expect(String(writeTicketFilter(read(q)))).toBe(q);
    expect(String(ticketQuery(read('clock=broken')))).toBe('breached=true');
    expect(String(ticketQuery(read('clock=soon')))).toBe('');
  });
  it('judges clocks by the present', () => {
    const due = Date.parse('2026-03-01T01:00:00Z');
    const t = {
      state: 'open', class: 'simple', priority: 'P2',
      clocks: [{ promise: 'respond', limit: 900e9, started: '2026-03-01T00:45:00Z', due: '2026-03-01T01:00:00Z', pauses: 0 }],
    } as unknown as Ticket;
    expect(ticketMatches(t, read('clock=broken'), () => [], due - 1)).toBe(false);
    expect(ticketMatches(t, read('clock=soon'), () => [], due - 1)).toBe(true);
    expect(ticketMatches(t, read('clock=broken'), () => [], due)).toBe(true);
  });
  it('gives every state that is not over one column', () => {
    const shown = COLUMNS.flatMap((c) => c.states);
    expect([...shown].sort()).toEqual(TICKET_STATES.filter((s) => s !== 'closed' && s !== 'cancelled').sort());
  });
});

describe('the frozen trend', () => {
  const event = (text: string) => ({ ticket: 'T1', no: 1, at: '2026-03-01T01:00:00Z', what: 'trend', text }) as TicketEvent;
  it('is read from the timeline', () => {
    const text = '{"asset":"pump-1","points":["running"],"from":"2026-03-01T00:30:00Z","to":"2026-03-01T01:00:00Z"}';
    expect(frozenOf([event(text)])).toEqual({ asset: 'pump-1', points: ['running'], from: Date.parse('2026-03-01T00:30:00Z'), to: Date.parse('2026-03-01T01:00:00Z') });
  });
  it('is none where it cannot be read', () => {
    for (const bad of ['', 'null', '{}', '{"asset":"x","points":[]}', '{"asset":"x","points":["a"],"from":"?","to":"?"}']) expect(frozenOf([event(bad)]), bad).toBeNull();
    expect(frozenOf([])).toBeNull();
  });
});

it('a photo keeps its proportions and never grows', () => {
  expect(fit(8000, 6000, 2560)).toEqual([2560, 1920]);
  expect(fit(600, 800, 2560)).toEqual([600, 800]);
  expect(fit(0, 0, 2560)).toEqual([1, 1]);
});
