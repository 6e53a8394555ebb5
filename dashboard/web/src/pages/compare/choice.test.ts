import { expect, it } from 'vitest';
import { NOTHING, type Comparison, parseViews, readComparison, withView, writeComparison } from './choice';

it('goes into the address and comes back', () => {
  const some: Comparison = {
    points: [{ asset: 'meter', point: 'power' }, { asset: 'b/pump', point: 'flow' }],
    span: { live: false, from: 1_700_000_000_000, to: 1_700_003_600_000 },
  };
  for (const c of [NOTHING, some]) expect(readComparison(writeComparison(c))).toEqual(c);
});

it('takes each point once, twenty at most, and nothing garbled', () => {
  const many = Array.from({ length: 30 }, (_, i) => `a/p${i}`).join(',');
  expect(readComparison(new URLSearchParams({ p: `x,/y,z/,a/p0,${many}` })).points).toHaveLength(20);
});

it('keeps views by name, the newest first', () => {
  const two = withView(withView([], 'a', 'p=1'), ' b ', 'p=2');
  expect(withView(two, 'a', 'p=3')).toEqual([{ name: 'a', query: 'p=3' }, { name: 'b', query: 'p=2' }]);
  expect(withView(two, '  ', 'p=3')).toEqual(two);
  expect(parseViews('[{"name":"a","query":"x"},{"name":3},null]')).toEqual([{ name: 'a', query: 'x' }]);
  expect([parseViews('{'), parseViews('{}'), parseViews(null)]).toEqual([[], [], []]);
});
