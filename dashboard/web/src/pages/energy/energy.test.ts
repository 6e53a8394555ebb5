import { describe, expect, it } from 'vitest';
import type { Asset, Sample } from '../../api/types';
import { readEnergy, writeEnergy } from './choice';
import { heatOf, peakOf, sumOf } from './load';
import { countedTwice, firstMeters, metersOf } from './meters';
import { type Bar, barsOf, beginOf, compare, firstOf, shifted, together } from './periods';

const HOUR = 3_600_000;
const bar = (start: number, amount: number | null, over: Partial<Bar> = {}): Bar => ({
  start, end: start + 10, amount, estimated: false, reset: false, partial: false, ...over,
});

describe('comparison', () => {
  it('sets each period against the one as long before', () => {
    const bars = [1, 2, 3, 4].map((n, i) => bar(i * 10, n));
    const c = compare(bars, 2, 1000);
    expect(c.now.map((b) => b.amount)).toEqual([3, 4]);
    expect(c.before.map((b) => b?.amount)).toEqual([1, 2]);
    expect([c.total, c.totalBefore, c.compared, c.sum]).toEqual([7, 3, 2, 7]);
    expect(c.change).toBeCloseTo(4 / 3);
    expect(c.running).toBeNull();
  });
  it('leaves out what is not over and what is not known on both sides', () => {
    const bars = [bar(0, 5), bar(10, null), bar(20, 7), bar(30, 4), bar(40, 6), bar(50, 1)];
    const c = compare(bars, 3, 55);
    expect([c.total, c.totalBefore, c.compared, c.sum]).toEqual([4, 5, 1, 11]);
    expect(c.running?.start).toBe(50);
    expect(compare([bar(0, 5), bar(10, 1, { partial: true })], 1, 1000).compared).toBe(0);
  });
  it('has nothing to say without a past', () => {
    const c = compare([bar(0, 5)], 3, 1000);
    expect([c.total, c.change, c.sum, c.before]).toEqual([null, null, 5, [undefined]]);
    expect(compare([bar(0, 0), bar(10, 4)], 1, 1000).change).toBeNull();
    expect(compare([], 3, 0).now).toEqual([]);
  });
  it('adds meters and says when one is missing', () => {
    const sum = together([[bar(0, 1), bar(10, null)], [bar(0, 2, { estimated: true }), bar(10, 3, { reset: true })]]);
    expect(sum.map((b) => [b.amount, b.estimated, b.reset, b.partial])).toEqual([[3, true, false, false], [3, false, true, true]]);
    expect(together([])).toEqual([]);
  });
  it('knows where a period ends', () => {
    const got = barsOf([{ start: '1970-01-01T00:00:00Z', amount: 1 }, { start: '1970-01-02T00:00:00Z', amount: null, reset: true }], 2 * 24 * HOUR);
    expect(got.map((b) => b.end / HOUR)).toEqual([24, 48]);
    expect(got[1]).toMatchObject({ amount: null, reset: true });
  });
});

describe('periods', () => {
  const zone = 'Asia/Shanghai';
  const at = Date.UTC(2026, 2, 31, 18); // 1 April, 02:00 there
  it('begin where the zone’s months do', () => {
    expect(new Date(firstOf('month', 12, at, zone)).toISOString()).toBe('2025-04-30T16:00:00.000Z');
    expect(firstOf('day', 30, at, zone)).toBe(at - 29 * 24 * HOUR);
  });
  it('begin at midnight, on Mondays and on the first', () => {
    const begin = (every: 'hour' | 'day' | 'week' | 'month') => new Date(beginOf(every, at, zone)).toISOString();
    expect(begin('hour')).toBe('2026-03-31T18:00:00.000Z');
    expect(begin('day')).toBe('2026-03-31T16:00:00.000Z');
    expect(begin('week')).toBe('2026-03-29T16:00:00.000Z'); // Monday, 30 March there
    expect(begin('month')).toBe('2026-03-31T16:00:00.000Z');
  });
  it('shift there and back', () => {
    expect(new Date(shifted('month', -2, at, zone)).toISOString()).toBe('2026-01-31T18:00:00.000Z');
    expect(shifted('week', 3, shifted('week', -3, at, zone), zone)).toBe(at);
  });
});

describe('load', () => {
  it('has its peak within the time asked for', () => {
    const s: Sample[] = [[0, 9], [10, 5], [20, null, 'bad'], [30, 7], [40, 8]];
    expect(peakOf(s, 10, 40)).toEqual({ at: 30, value: 7 });
    expect(peakOf([], 0, 1)).toBeNull();
  });
  it('adds meters only where all are known', () => {
    expect(sumOf([[[0, 1], [10, 2]], [[10, 3], [20, 4]]])).toEqual([[10, 5]]);
  });
  it('falls into hours of the site’s days', () => {
    const h = heatOf([[0, 2], [HOUR / 2, 4], [17 * HOUR, 9], [20 * HOUR, null, 'bad']], 'Asia/Shanghai', true);
    expect(h.days).toEqual(['1970-01-01', '1970-01-02']);
    expect(h.cells[8]).toBe(3); // midnight in UTC is eight there
    expect(h.cells[24 + 1]).toBe(9);
    expect(h.cells.filter((c) => c !== null)).toHaveLength(2);
    expect([h.least, h.most]).toEqual([3, 9]);
    expect(heatOf([[0, 2], [HOUR / 2, 4]], 'UTC', false).cells[0]).toBe(6);
  });
  it('takes an hour that comes twice for one, and one that never comes for none', () => {
    const quarter = (from: number, n: number): Sample[] => Array.from({ length: n }, (_, i): Sample => [from + i * HOUR, 1]);
    const back = heatOf(quarter(Date.UTC(2026, 9, 24, 22), 25), 'Europe/Berlin', false);
    expect([back.days.length, back.cells[2]]).toEqual([1, 2]);
    const on = heatOf(quarter(Date.UTC(2026, 2, 28, 23), 23), 'Europe/Berlin', false);
    expect([on.days.length, on.cells[2], on.cells[3]]).toEqual([1, null, 1]);
  });
  it('begins at a half hour where the zone does', () => {
    expect(heatOf([[0, 1]], 'Asia/Kolkata', true).cells[5]).toBe(1);
  });
  it('is empty without samples', () => {
    expect(heatOf([[0, null, 'lost']], 'UTC', true).days).toEqual([]);
  });
});

describe('meters', () => {
  const asset = (id: string, kind: string, fed_by: string[], ...names: string[]) =>
    ({
      id, kind, fed_by, name: { zh: id, en: id }, area: '', source: '',
      points: names.map((name) => ({ name, counter: name !== 'power', unit: name === 'power' ? 'kW' : 'kWh', title: { zh: '', en: '' }, type: 'float', fresh: 0, decimals: 0 })),
    }) as Asset;
  const assets = [
    asset('main', 'power_meter', ['loop'], 'energy_total', 'energy_import', 'power'),
    asset('cb', 'breaker', ['main']),
    asset('lift', 'power_meter', ['cb'], 'energy_import'),
    asset('loop', 'ats', ['main']),
    asset('pump', 'pump', [], 'energy'),
  ];
  it('are what counts a medium', () => {
    const found = metersOf(assets, 'electricity');
    expect(found.map((m) => [m.asset.id, m.point.name, m.power?.name])).toEqual([['main', 'energy_import', 'power'], ['lift', 'energy_import', undefined], ['pump', 'energy', undefined]]);
    expect(metersOf(assets, 'water')).toEqual([]);
    expect(countedTwice(found, assets).map((x) => [x.inner.id, x.outer.id])).toEqual([['lift', 'main']]);
    expect(firstMeters(found, assets)).toEqual(['main']);
  });
});

it('the choice goes into the address and comes back', () => {
  for (const c of [
    { medium: 'water', every: 'month', meters: ['a', 'b'], end: 1_700_000_000_000 },
    { medium: 'electricity', every: 'day', meters: null, end: null },
    { medium: 'gas', every: 'hour', meters: [], end: null },
  ] as const) {
    expect(readEnergy(writeEnergy(c))).toEqual(c);
  }
  expect(readEnergy(new URLSearchParams('every=year&medium=x&end=z'))).toEqual({ medium: 'electricity', every: 'day', meters: null, end: null });
});
