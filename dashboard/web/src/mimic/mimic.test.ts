import { describe, expect, it } from 'vitest';
import type { Asset } from '../api/types';
import { energised } from './energised';
import { graphOf } from './graph';
import { lanes, nearest, order, ranks, split } from './layers';
import { NODE, layout } from './layout';

const asset = (id: string, fed_by: string[] = [], kind = 'breaker', area = 'a'): Asset => ({
  id, kind, area, fed_by, name: { zh: id, en: id }, source: '', points: [],
});
const byId = (assets: readonly Asset[]) => new Map(assets.map((a) => [a.id, a]));

describe('graphOf', () => {
  it('leaves out what would close a circle', () => {
    const ring = [asset('x', ['z']), asset('y', ['x']), asset('z', ['y'])];
    expect(graphOf(ring, byId(ring)).edges).toHaveLength(2);
    const self = [asset('x', ['x'])];
    expect(graphOf(self, byId(self)).edges).toEqual([]);
  });
  it('brings feeders from elsewhere, and says so', () => {
    const all = [asset('far', ['farther'], 'breaker', 'b'), asset('farther', [], 'breaker', 'b'), asset('here', ['far', 'gone'])];
    const g = graphOf(all.slice(2), byId(all));
    expect(g.items.map((i) => [i.key, i.foreign])).toEqual([['here', false], ['far', true]]);
    expect(g.edges).toEqual([['far', 'here']]);
  });
  it('puts many leaves of one feeder into a rack', () => {
    const many = [asset('m'), ...Array.from({ length: 9 }, (_, i) => asset(`l${i}`, ['m']))];
    const g = graphOf(many, byId(many));
    const rack = g.items.find((i) => i.assets.length > 1);
    expect(rack?.assets).toHaveLength(9);
    expect(rack && rack.columns * rack.rows).toBeGreaterThanOrEqual(9);
    expect(g.edges).toEqual([['m', 'rack m']]);
  });
  it('keeps what stands alone apart, by area', () => {
    const two = [asset('p', [], 'tank', 'a'), asset('q', [], 'tank', 'b')];
    expect(graphOf(two, byId(two)).loose.map((l) => l.area)).toEqual(['a', 'b']);
  });
});

describe('layers', () => {
  it('ranks by the longest way from the top and bends long lines', () => {
    const edges = [['a', 'b'], ['b', 'c'], ['a', 'c']] as const;
    const rank = ranks(['a', 'b', 'c'], edges);
    expect([...rank.values()]).toEqual([0, 1, 2]);
    expect(split(edges, rank)).toHaveLength(4);
    expect(order(rank, split(edges, rank))[1]).toHaveLength(2);
  });
  it('uncrosses what can be uncrossed', () => {
    const edges = [['a', 'y'], ['b', 'x']] as const;
    const layers = order(ranks(['a', 'b', 'x', 'y'], edges), edges);
    expect(layers[0]?.indexOf('a')).toBe(layers[1]?.indexOf('y'));
  });
  it('finds the nearest places that keep their distance', () => {
    expect(nearest([0, 0, 0], [10, 10])).toEqual([-10, 0, 10]);
    expect(nearest([0, 100], [10])).toEqual([0, 100]);
    const x = nearest([5, 3, 20, 0], [4, 4, 4]);
    x.slice(1).forEach((v, i) => expect(v - (x[i] ?? 0)).toBeGreaterThanOrEqual(4 - 1e-9));
  });
  it('lays no two lines on each other', () => {
    expect(lanes([{ from: 0, to: [100] }, { from: 50, to: [150] }, { from: 300, to: [310] }])).toEqual([0, 1, 0]);
    const [leaving, ending] = lanes([{ from: 50, to: [0] }, { from: 0, to: [50] }].reverse());
    expect(leaving).not.toBe(ending);
  });
});

describe('layout', () => {
  const plant = [
    asset('mains', [], 'transformer'), asset('diesel', [], 'generator'), asset('ats', ['mains', 'diesel'], 'ats'),
    asset('b1', ['ats']), asset('b2', ['ats']), asset('b3', ['ats']),
    ...Array.from({ length: 6 }, (_, i) => asset(`lift${i}`, ['b1'], 'elevator')),
    asset('pump', ['b2', 'diesel'], 'pump'), asset('tank', [], 'tank'), asset('leak', [], 'leak_sensor', 'other'),
  ];
  const made = layout(plant, byId(plant), 800);
  it('places everybody once, and nobody on another', () => {
    expect(made.nodes.map((n) => n.asset.id).sort()).toEqual(plant.map((a) => a.id).sort());
    for (const n of made.nodes) {
      expect(n.x).toBeGreaterThanOrEqual(0);
      expect(n.x + NODE.width).toBeLessThanOrEqual(made.width);
      expect(n.y + NODE.height).toBeLessThanOrEqual(made.height);
      for (const m of made.nodes) {
        if (m === n) continue;
        const apart = Math.abs(m.x - n.x) >= NODE.width || Math.abs(m.y - n.y) >= NODE.height;
        expect(apart, `${n.asset.id} ${m.asset.id}`).toBe(true);
      }
    }
  });
  it('puts who feeds above whom it feeds', () => {
    const y = new Map(made.nodes.map((n) => [n.asset.id, n.y]));
    for (const a of plant) for (const f of a.fed_by ?? []) expect(y.get(f), `${f} over ${a.id}`).toBeLessThan(y.get(a.id) ?? 0);
  });
  it('draws only upright and level lines, and one owner each', () => {
    for (const l of made.lines) {
      expect(l.d).toMatch(/^(M-?[\d.]+ -?[\d.]+([HV]-?[\d.]+)*)+$/);
      expect(plant.some((a) => a.id === l.feeder), l.feeder).toBe(true);
    }
  });
  it('draws through nobody', () => {
    for (const l of made.lines) {
      for (const [, x, from, to] of l.d.matchAll(/M(-?[\d.]+) (-?[\d.]+)V(-?[\d.]+)/g)) {
        for (const n of made.nodes) {
          const inside = Number(x) > n.x && Number(x) < n.x + NODE.width;
          const low = Math.min(Number(from), Number(to));
          const high = Math.max(Number(from), Number(to));
          expect(inside && low < n.y + NODE.height - 1 && high > n.y + 1, `${l.d} through ${n.asset.id}`).toBe(false);
        }
      }
    }
  });
  it('is nothing for nothing', () => {
    expect(layout([], new Map(), 800)).toMatchObject({ height: 0, nodes: [], lines: [] });
  });
});

describe('energised', () => {
  const all = [asset('t', ['m'], 'transformer'), asset('m', [], 'power_meter'), asset('b', ['t']), asset('l', ['b'], 'elevator')];
  const say = (values: Record<string, number | null>) =>
    energised(all, byId(all), (a, p) => values[`${a.id}.${p}`]);
  it('follows the line through what is closed', () => {
    expect(Object.fromEntries(say({ 'm.voltage_l1': 231, 'b.closed': 1 }))).toMatchObject({ m: 'on', t: 'on', b: 'on' });
    expect(say({ 'm.voltage_l1': 0, 'b.closed': 1 }).get('b')).toBe('off');
    expect(say({ 'm.voltage_l1': 231, 'b.closed': 0 }).get('b')).toBe('off');
  });
  it('takes a meter\'s word for what feeds it', () => {
    const line = [asset('tr', [], 'transformer'), asset('m', ['tr'], 'power_meter')];
    const of = (v: number | null) => energised(line, byId(line), (a, p) => (a.id === 'm' && p === 'voltage_l1' ? v : undefined)).get('tr');
    expect([of(230), of(0), of(null)]).toEqual(['on', 'off', 'unknown']);
  });
  it('claims nothing that it does not know', () => {
    expect(say({ 'm.voltage_l1': null, 'b.closed': 1 }).get('b')).toBe('unknown');
    expect(say({ 'm.voltage_l1': 231, 'b.closed': null }).get('b')).toBe('unknown');
    const ring = [asset('x', ['y'], 'transformer'), asset('y', ['x'], 'transformer')];
    expect(energised(ring, byId(ring), () => undefined).get('x')).toBe('unknown');
  });
});
