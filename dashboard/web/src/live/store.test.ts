import { beforeEach, describe, expect, it } from 'vitest';
import type { Quality } from '../api/types';
import { LiveStore, OWN } from './store';
import { type Description, type Row, parseBatch, parseDescription } from './wire';

const bool = (name: string) => ({
  name,
  title: { zh: '', en: '' },
  type: 'bool' as const,
  fresh: 0,
  decimals: 0,
  alarm: name !== 'running',
});
const asset = (id: string, area: string, ...points: string[]) => ({
  id,
  name: { zh: id, en: id },
  kind: 'pump',
  area,
  source: '',
  points: points.map(bool),
});
const site: Description = {
  site: {
    id: 's',
    name: { zh: '', en: '' },
    timezone: 'UTC',
    language: 'zh',
    areas: [
      { id: 'a', name: { zh: '', en: '' } },
      { id: 'a1', parent: 'a', name: { zh: '', en: '' } },
    ],
  },
  assets: [asset('p', 'a', 'running', 'fault'), asset('l', 'a1', 'leak')],
};
const row = (a: number, p: number, number: number | null, quality: Quality = 'good', time = 1000): Row => ({
  asset: a,
  point: p,
  number,
  quality,
  time,
  reason: '',
});
const all = [row(0, 0, 1), row(0, 1, 0), row(1, 0, 0)];

let frames: (() => void)[];
let store: LiveStore;
const draw = () => {
  const now = frames;
  frames = [];
  for (const f of now) f();
};

beforeEach(() => {
  frames = [];
  store = new LiveStore((f) => frames.push(f));
  store.describe('1', site);
  store.snapshot(all);
  draw();
});

describe('LiveStore', () => {
  it('shows nothing before the snapshot', () => {
    const empty = new LiveStore((f) => f());
    empty.describe('1', site);
    expect(empty.description()).toBeNull();
    empty.change(all);
    expect(empty.description()).toBeNull();
    empty.snapshot(all);
    expect(empty.description()).toBe(site);
    expect(empty.value('p', 'running').number).toBe(1);
  });

  it('commits once a frame and tells only who shows what changed', () => {
    const told: string[] = [];
    for (const key of ['point:p/running', 'point:p/fault', 'asset:p', 'totals', 'site']) {
      store.subscribe(key, () => told.push(key));
    }
    store.change([row(0, 0, 0, 'good', 2000)]);
    store.change([row(0, 0, 1, 'good', 3000)]);
    expect(frames).toHaveLength(1);
    expect(store.value('p', 'running').time).toBe(1000);
    draw();
    expect(store.value('p', 'running').time).toBe(3000);
    expect(told).toEqual(['point:p/running']);
  });

  it('keeps an unchanged value the same object', () => {
    const before = store.value('p', 'running');
    store.change([row(0, 0, 1, 'good', 1000)]);
    draw();
    expect(store.value('p', 'running')).toBe(before);
  });

  it('counts not good and abnormal up the tree', () => {
    store.change([row(1, 0, 1), row(0, 1, null, 'lost')]);
    draw();
    expect(store.assetFlags('p')).toBe('gl');
    expect(store.assetCounts('l')).toMatchObject({ points: 1, notGood: 0, abnormal: 1 });
    expect(store.areaCountsOf('a')).toMatchObject({ points: 3, notGood: 1, abnormal: 1 });
    expect(store.areaCountsOf('a1')).toMatchObject({ points: 1, notGood: 0, abnormal: 1 });
    expect(store.areaCountsOf(`${OWN}a`)).toMatchObject({ points: 2, notGood: 1, abnormal: 0 });
    expect(store.totals()).toMatchObject({ points: 3, notGood: 1, abnormal: 1 });
  });

  it('counts an uncertain alarm as both', () => {
    store.change([row(1, 0, 1, 'uncertain')]);
    draw();
    expect(store.totals()).toMatchObject({ points: 3, notGood: 1, abnormal: 1 });
  });

  it('forgets what a new snapshot does not have', () => {
    store.describe('1', site);
    store.snapshot([row(0, 0, 1)]);
    draw();
    expect(store.value('l', 'leak').quality).toBe('unknown');
    expect(store.totals().notGood).toBe(2);
  });

  it('keeps the description’s identity over a reconnect, and takes a new one whole', () => {
    const same: Description = { ...site };
    store.describe('1', same);
    store.snapshot(all);
    draw();
    expect(store.description()).toBe(site);
    const other: Description = { site: site.site, assets: [asset('l', 'a1', 'leak')] };
    const told: string[] = [];
    store.subscribe('site', () => told.push('site'));
    store.subscribe('point:p/running', () => told.push('gone'));
    store.describe('2', other);
    store.change([row(0, 0, 1)]); // belongs to nothing yet
    draw();
    expect(store.description()).toBe(site);
    store.snapshot([row(0, 0, 1)]);
    draw();
    expect(store.description()).toBe(other);
    expect(store.value('l', 'leak').number).toBe(1);
    expect(store.value('p', 'running').quality).toBe('unknown');
    expect(store.totals()).toMatchObject({ points: 1, notGood: 0, abnormal: 1 });
    expect(told.sort()).toEqual(['gone', 'site']);
  });

  it('counts rows that name nothing and goes on', () => {
    store.change([row(7, 0, 1), row(0, 9, 1), row(0, 0, 0)]);
    draw();
    expect(store.rejected).toBe(2);
    expect(store.value('p', 'running').number).toBe(0);
  });
});

describe('parseBatch', () => {
  it('refuses a row that claims to be good without a number, and what is no row', () => {
    const b = parseBatch(
      '{"position":1,"now":5,"values":[[0,0,1,"good",9],[0,1,null,"good",9],[0,0,1,"fine",9],"x",[0,1,null,"bad",9,"why"],[0,1,null,"bad",9,"why","因"]]}',
    );
    expect(b.rejected).toBe(3);
    expect(b.rows.map((r) => [r.number, r.quality, r.reason, r.reasonZh])).toEqual([
      [1, 'good', '', undefined],
      [null, 'bad', 'why', undefined],
      [null, 'bad', 'why', '因'],
    ]);
  });
  it('takes null for an empty list', () => {
    expect(parseBatch('{"now":5,"values":null}').rows).toEqual([]);
    const d = parseDescription('{"site":{"id":"s","areas":null},"assets":[{"id":"a","points":null}]}');
    expect(d.site.areas).toEqual([]);
    expect(d.assets[0]?.points).toEqual([]);
  });
  it('throws on what is no batch', () => {
    expect(() => parseBatch('[]')).toThrow();
    expect(() => parseBatch('nonsense')).toThrow();
    expect(() => parseDescription('{}')).toThrow();
  });
});
