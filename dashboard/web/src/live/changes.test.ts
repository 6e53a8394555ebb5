import { describe, expect, it } from 'vitest';
import type { Asset, Point, Quality } from '../api/types';
import { Changes, isNews } from './changes';
import type { LiveValue } from './value';

const point = (name: string, type: Point['type'] = 'bool', rest: Partial<Point> = {}): Point => ({
  name, type, title: { zh: '', en: '' }, fresh: 0, decimals: 0, ...rest,
});
const asset = (id: string): Asset => ({ id, name: { zh: '', en: '' }, kind: 'pump', area: '', source: '', points: [] });
const v = (number: number | null, quality: Quality = 'good'): LiveValue => ({ number, quality, time: 1, reason: '' });
const change = (id: string, p: Point, old: LiveValue, next: LiveValue) => ({ asset: asset(id), point: p, old, next });
const never = () => false;

describe('isNews', () => {
  it('is a state, a quality or a code of trouble, and no measurement', () => {
    expect(isNews(change('a', point('running'), v(0), v(1)), never)).toBe(true);
    expect(isNews(change('a', point('power', 'float'), v(0), v(1)), never)).toBe(false);
    expect(isNews(change('a', point('power', 'float'), v(0), v(null, 'lost')), never)).toBe(true);
    expect(isNews(change('a', point('starts', 'int'), v(0), v(1)), never)).toBe(false);
    expect(isNews(change('a', point('fault_code', 'int', { alarm: true }), v(0), v(41)), never)).toBe(true);
  });
  it('is not what happens all day, unless it says trouble', () => {
    expect(isNews(change('a', point('running'), v(0), v(1)), () => true)).toBe(false);
    expect(isNews(change('a', point('leak', 'bool', { alarm: true }), v(0), v(1)), () => true)).toBe(true);
  });
  it('says nothing of values that cannot be trusted before and after', () => {
    expect(isNews(change('a', point('running'), v(0, 'stale'), v(1, 'stale')), never)).toBe(false);
  });
});

describe('Changes', () => {
  it('keeps the newest first, and no more than its limit', () => {
    const c = new Changes(() => 7, never, 2);
    let told = 0;
    c.subscribe(() => told++);
    for (const id of ['a', 'b', 'c']) c.take([change(id, point('running'), v(0), v(1))]);
    expect(c.all().map((h) => h.asset.id)).toEqual(['c', 'b']);
    expect(c.all()[0]?.time).toBe(7);
    expect(told).toBe(3);
  });
  it('makes one happening of an asset whose points go lost together', () => {
    const c = new Changes(() => 0, never);
    c.take(['x', 'y', 'z'].map((n) => change('a', point(n), v(0), v(null, 'lost'))));
    expect(c.all()).toHaveLength(1);
    expect(c.all()[0]?.more).toBe(2);
  });
  it('is the same list until something happens', () => {
    const c = new Changes(() => 0, never);
    const before = c.all();
    c.take([change('a', point('power', 'float'), v(0), v(1))]);
    expect(c.all()).toBe(before);
  });
});
