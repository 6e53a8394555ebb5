import { describe, expect, it } from 'vitest';
import { askingByAsset, byUrgency, countAlarms, floodOf, foldedInto, ticketsByUrgency } from './order';
import type { Alarm, Ticket } from './types';

const alarm = (id: string, priority: Alarm['priority'], raised: number, rest: Partial<Alarm> = {}): Alarm => ({
  id, asset: 'a', rule: 'R', fault: 'R', title: { zh: '甲', en: 'A' }, priority, class: 'none', state: 'unacknowledged', active: true,
  raised: new Date(raised).toISOString(), changed: new Date(raised).toISOString(), activations: 1, ...rest,
});

describe('alarms', () => {
  it('stand by priority, then the newest first, then by number', () => {
    const all = [alarm('A9', 'P3', 900), alarm('A10', 'P2', 100), alarm('A11', 'P2', 100), alarm('A2', 'P2', 500), alarm('A1', 'P1', 1)];
    expect(all.sort(byUrgency).map((a) => a.id)).toEqual(['A1', 'A2', 'A11', 'A10', 'A9']);
  });
  it('are counted as what asks, what was acknowledged and what is put aside', () => {
    const c = countAlarms([
      alarm('A1', 'P1', 1),
      alarm('A2', 'P1', 1, { state: 'acknowledged' }),
      alarm('A3', 'P2', 1, { state: 'returned', active: false }),
      alarm('A4', 'P2', 1, { state: 'shelved' }),
      alarm('A5', 'P4', 1, { state: 'suppressed' }),
      alarm('A6', 'P4', 1, { state: 'normal' }),
    ]);
    expect(c).toMatchObject({ open: 3, unacked: 2, aside: { P1: 0, P2: 1, P3: 0, P4: 1 } });
    expect(c.of.P1).toEqual({ open: 2, unacked: 1 });
    expect(c.of.P2).toEqual({ open: 1, unacked: 1 });
  });
  it('that ask stand by their asset, the most urgent first', () => {
    const by = askingByAsset([
      alarm('A1', 'P3', 1),
      alarm('A2', 'P1', 1, { state: 'acknowledged' }),
      alarm('A3', 'P1', 1, { asset: 'b', state: 'shelved' }),
      alarm('A4', 'P1', 1, { asset: 'c', state: 'normal' }),
      alarm('A5', 'P4', 1, { asset: 'd' }),
    ]);
    expect([...by].map(([asset, all]) => [asset, all.map((a) => a.id)])).toEqual([['a', ['A2', 'A1']], ['d', ['A5']]]);
  });
  it('tell how many they stand for, and of a flood while it lasts', () => {
    const all = [alarm('A1', 'P2', 1), alarm('A2', 'P3', 1, { cause: 'A1' }), alarm('A3', 'P3', 1, { cause: 'A1' })];
    expect(foldedInto(all)).toEqual(new Map([['A1', 2]]));
    expect(floodOf(all)).toBeUndefined();
    expect(floodOf([...all, alarm('A4', 'P3', 1, { rule: 'SY-03', active: false, state: 'returned' })])).toBeUndefined();
    expect(floodOf([...all, alarm('A5', 'P3', 1, { rule: 'SY-03' })])?.id).toBe('A5');
  });
});

it('tickets stand by priority, then who has waited longest', () => {
  const ticket = (id: string, priority: Ticket['priority'], opened: number) => ({ id, priority, opened: new Date(opened).toISOString() }) as Ticket;
  const all = [ticket('T3', 'P2', 300), ticket('T2', 'P2', 200), ticket('T1', 'P1', 900)];
  expect(all.sort(ticketsByUrgency).map((t) => t.id)).toEqual(['T1', 'T2', 'T3']);
});
