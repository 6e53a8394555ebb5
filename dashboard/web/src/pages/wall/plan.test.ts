import { describe, expect, it } from 'vitest';
import type { Asset } from '../../api/types';
import { areaTree, flatten } from '../../live/areas';
import { everyMs, fill, screens, wantedAreas } from './plan';

const text = { zh: '', en: '' };
const nodes = flatten(areaTree([{ id: 'a', name: text }, { id: 'a1', parent: 'a', name: text }, { id: 'b', name: text }]));
const assets = (area: string, n: number): Asset[] =>
  Array.from({ length: n }, (_, i) => ({ id: `${area}${i}`, area, name: text, kind: 'pump', source: '', points: [] }));

describe('everyMs', () => {
  it('reads seconds and minutes, and never spins', () => {
    expect(everyMs('20s')).toBe(20_000);
    expect(everyMs('1m')).toBe(60_000);
    expect(everyMs('30')).toBe(30_000);
    expect(everyMs('0s')).toBe(5000);
    expect(everyMs('soon')).toBe(20_000);
    expect(everyMs(null)).toBe(20_000);
  });
});

describe('screens', () => {
  it('shows the site, then every area that has something, in readable parts', () => {
    const made = screens(nodes, [...assets('a1', 3), ...assets('b', 60)]);
    expect(made.map((s) => s.key)).toEqual(['site', 'a1 0', 'b 0', 'b 1', 'b 2']);
    expect(made.flatMap((s) => s.assets)).toHaveLength(63);
    expect(made.at(-1)).toMatchObject({ part: 3, parts: 3 });
  });
  it('keeps to the areas asked for, with what is within them', () => {
    expect(wantedAreas('a', nodes).map((n) => n.area.id)).toEqual(['a', 'a1']);
    expect(wantedAreas('nowhere', nodes)).toHaveLength(3);
    expect(wantedAreas(null, nodes)).toHaveLength(3);
  });
});

describe('fill', () => {
  it('stays within the box and uses it', () => {
    const some = assets('b', 20);
    const { made, zoom } = fill(some, new Map(some.map((a) => [a.id, a])), 1600, 900);
    expect(made.width * zoom).toBeLessThanOrEqual(1600.5);
    expect(made.height * zoom).toBeLessThanOrEqual(900.5);
    expect(zoom).toBeGreaterThan(1);
  });
});
