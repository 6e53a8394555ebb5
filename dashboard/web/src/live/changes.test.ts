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

describe('isNews', () => {
  it('is a state, a quality or a code of trouble, and no measurement', () => {
    expect(isNews(change('a', point('running'), v(0), v(1)))).toBe(true);
    expect(isNews(change('a', point('power', 'float'), v(0), v(1)))).toBe(false);
    expect(isNews(change('a', point('power', 'float'), v(0), v(null, 'lost')))).toBe(true);
    expect(isNews(change('a', point('starts', 'int'), v(0), v(1)))).toBe(false);
    expect(isNews(change('a', point('running'), v(null, 'unknown'), v(1)))).toBe(false);
    expect(isNews(change('a', point('fault_code', 'int', { alarm: true }), v(0), v(41)))).toBe(true);
  });
  it('is not what happens all day, unless it says trouble', () => {
    expect(isNews(change('a', point('running', 'bool', { routine: true }), v(0), v(1)))).toBe(false);
    expect(isNews(change('a', point('leak', 'bool', { alarm: true, routine: true }), v(0), v(1)))).toBe(true);
  });
  it('says nothing of values that cannot be trusted before and after', () => {
    expect(isNews(change('a', point('running'), v(0, 'stale'), v(1, 'stale')))).toBe(false);
  });
});

describe('Changes', () => {
  it('keeps the newest first, and no more than its limit', () => {
    const c = new Changes(() => 7, 2);
    let told = 0;
    c.subscribe(() => told++);
    for (const id of ['a', 'b', 'c']) c.take([change(id, point('running'), v(0), v(1))]);
    expect(c.all().map((h) => h.asset.id)).toEqual(['c', 'b']);
    expect(c.all()[0]?.time).toBe(7);
    expect(told).toBe(3);
  });
  it('makes one happening of an asset whose points go lost together', () => {
    const c = new Changes(() => 0);
    c.take(['x', 'y', 'z'].map((n) => change('a', point(n), v(0), v(null, 'lost'))));
    expect(c.all()).toHaveLength(1);
    expect(c.all()[0]?.more).toBe(2);
  });
  it('has what happened before the page was open, each thing once and for an hour', () => {
    const now = 10_000_000;
    const c = new Changes(() => now);
    const past = (id: string, ago: number, n: number) => ({ time: now - ago, asset: asset(id), point: point('running'), old: v(1 - n), next: v(n), more: 0 });
    c.take([change('seen', point('running'), v(0), v(1))]);
    c.before([past('seen', 1000, 1), past('old', 60_000, 1), past('seen', 90_000, 1), past('older', 3_700_000, 0)]);
    expect(c.all().map((h) => h.asset.id)).toEqual(['seen', 'old', 'seen']);
    expect(new Set(c.all().map((h) => h.id)).size).toBe(3);
  });
  it('is the same list until something happens', () => {
    const c = new Changes(() => 0);
    const before = c.all();
    c.take([change('a', point('power', 'float'), v(0), v(1))]);
    expect(c.all()).toBe(before);
  });
});
