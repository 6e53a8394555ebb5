import { expect, it } from 'vitest';
import type { Asset } from '../api/types';
import { unitChoices, unitNames } from './units';

const unit = (id: string, zh: string, en = zh) => ({ id, area: 'a', name: { zh, en } });
const site = { units: [unit('a-1203', 'A座1203', 'A-1203'), unit('a-802', 'A座802', 'A-802'), unit('shop', '', '')] };

it('flats are called what people call them, or by their ids where nobody named them', () => {
  expect([...unitNames(site, 'zh')]).toEqual([['a-1203', 'A座1203'], ['a-802', 'A座802'], ['shop', 'shop']]);
  expect(unitNames(site, 'en').get('a-1203')).toBe('A-1203');
  expect(unitNames(undefined, 'en').size).toBe(0);
});

it('flats are to choose from by name, in the order of their numbers, each once', () => {
  const assets = [{ unit: 'a-1203' }, { unit: 'c-1' }, {}] as Asset[];
  expect(unitChoices(unitNames(site, 'en'), assets, 'en')).toEqual([
    { value: 'a-802', label: 'A-802' }, { value: 'a-1203', label: 'A-1203' }, { value: 'c-1', label: 'c-1' }, { value: 'shop', label: 'shop' },
  ]);
});
