import { describe, expect, it } from 'vitest';
import { countClocks, standing, worstClock } from './clocks';
import type { ServiceClock, Ticket } from './types';

const T0 = Date.parse('2026-03-01T00:00:00Z');
const MIN = 60_000;
const iso = (min: number) => new Date(T0 + min * MIN).toISOString();
const clock = (rest: Partial<ServiceClock> = {}): ServiceClock => ({
  promise: 'respond', limit: 15 * 60e9, started: iso(0), due: iso(15), pauses: 0, ...rest,
});
const at = (min: number) => T0 + min * MIN;
const ticket = (rest: Partial<Ticket>): Ticket => ({
  id: 'T000001', title: { zh: '漏水', en: 'Leak' }, origin: 'alarm', class: 'simple', priority: 'P2', state: 'open', opened: iso(0), changed: iso(0),
  reopened: 0, ...rest,
});

describe('standing', () => {
  it('runs, is about to break in the last fifth, and is broken at its end even before the gateway says so', () => {
    expect(standing(clock(), at(5))).toMatchObject({ state: 'running', leftMs: 10 * MIN, sinceMs: 0 });
    expect(standing(clock(), at(5)).used).toBeCloseTo(1 / 3);
    expect(standing(clock(), at(12)).state).toBe('running');
    expect(standing(clock(), at(12.1)).state).toBe('soon');
    expect(standing(clock(), at(15))).toMatchObject({ state: 'broken', leftMs: 0, used: 1, sinceMs: at(15) });
    expect(standing(clock({ warned: iso(4) }), at(5)).state).toBe('soon');
  });
  it('stays broken by what the gateway wrote, also where the page’s clock is behind', () => {
    expect(standing(clock({ breached: iso(15) }), at(14))).toMatchObject({ state: 'broken', sinceMs: at(15) });
    expect(standing(clock({ breached: iso(15) }), at(20)).leftMs).toBe(-5 * MIN);
  });
  it('stands still while paused', () => {
    const paused = clock({ paused: iso(10) });
    expect(standing(paused, at(11))).toMatchObject({ state: 'paused', leftMs: 5 * MIN });
    expect(standing(paused, at(500))).toMatchObject({ state: 'paused', leftMs: 5 * MIN });
  });
  it('was kept, or kept late', () => {
    expect(standing(clock({ met: iso(9) }), at(500))).toMatchObject({ state: 'met', leftMs: 6 * MIN });
    expect(standing(clock({ met: iso(20), breached: iso(15) }), at(500))).toMatchObject({ state: 'late', leftMs: -5 * MIN });
  });
  it('does not run on when its ticket is over', () => {
    expect(standing(clock(), at(500), true).state).toBe('ended');
  });
  it('reads times of the year 1 as none', () => {
    expect(standing(clock({ met: '0001-01-01T00:00:00Z', breached: '0001-01-01T00:00:00Z' }), at(1)).state).toBe('running');
  });
});

describe('the clock that matters', () => {
  it('is the broken one, then the one with the least time left', () => {
    const repair = clock({ promise: 'repair', limit: 24 * 3600e9, due: iso(24 * 60) });
    expect(worstClock(ticket({ clocks: [repair, clock()] }), at(1))?.clock.promise).toBe('respond');
    expect(worstClock(ticket({ clocks: [clock({ met: iso(2) }), repair] }), at(100))?.clock.promise).toBe('repair');
    expect(worstClock(ticket({ clocks: [clock({ breached: iso(15) }), repair] }), at(20))?.clock.promise).toBe('respond');
    expect(worstClock(ticket({ clocks: null }), at(1))).toBeNull();
  });
  it('counts each open ticket once', () => {
    const broken = ticket({ clocks: [clock({ breached: iso(15) }), clock({ promise: 'repair', breached: iso(15) })] });
    const soon = ticket({ id: 'T000002', clocks: [clock()] });
    const over = ticket({ id: 'T000003', state: 'closed', clocks: [clock({ breached: iso(15) })] });
    expect(countClocks([broken, soon, over], at(14))).toEqual({ broken: 1, soon: 1 });
  });
});
