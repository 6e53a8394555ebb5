import { expect, it } from 'vitest';
import { matches, readFilter, writeFilter } from './filter';

const asset = {
  id: 'leak-1203', name: { zh: '1203厨房漏水', en: 'Flat 1203 kitchen leak' }, kind: 'leak_sensor', area: 'b', unit: 'B-1203',
  source: '', points: [],
};

it('finds by any word in any language, by kind, flat and id', () => {
  for (const text of ['', 'kitchen', '厨房', 'KITCHEN 1203', '漏水传感器', 'b-1203', 'leak-12', ' 1203  leak ']) {
    expect(matches(asset, '漏水传感器', text, 'en'), text).toBe(true);
  }
  for (const text of ['bathroom', 'kitchen 1204']) expect(matches(asset, '漏水传感器', text, 'zh'), text).toBe(false);
});

it('goes into the address and comes back', () => {
  const f = { text: 'a b', kind: 'pump', show: 'notgood', area: 'a-1', view: 'mimic' } as const;
  expect(readFilter(writeFilter(f))).toEqual(f);
  expect(writeFilter(readFilter(new URLSearchParams())).toString()).toBe('');
  expect(readFilter(new URLSearchParams('show=rubbish')).show).toBe('all');
});
