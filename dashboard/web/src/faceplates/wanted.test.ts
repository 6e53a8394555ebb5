import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Asset } from '../api/types';
import { KNOWN_KINDS, cardPoints, facePoints, namesOf } from './wanted';

const folder = join(import.meta.dirname, '../../../../gateway/kind/kinds');
const catalogue = new Map(
  readdirSync(folder).map((f) => [
    f.replace('.yaml', ''),
    [...readFileSync(join(folder, f), 'utf8').matchAll(/^ {2}- (?:\{name: |name: )(\w+)/gm)].map((m) => m[1]),
  ]),
);
const asset = (kind: string, ...names: string[]): Asset => ({
  id: 'x', name: { zh: '', en: '' }, kind, area: '', source: '',
  points: names.map((name) => ({ name, title: { zh: '', en: '' }, type: 'float', fresh: 0, decimals: 0 })),
});
const names = (points: readonly { name: string }[]) => points.map((p) => p.name);

describe('the tables', () => {
  it('are there for every kind of the catalogue', () => {
    expect([...KNOWN_KINDS].sort()).toEqual([...catalogue.keys()].sort());
  });
  it('name only points of the catalogue', () => {
    for (const kind of KNOWN_KINDS) {
      expect(namesOf(kind).filter((n) => !catalogue.get(kind)?.includes(n)), kind).toEqual([]);
    }
  });
});

describe('cardPoints', () => {
  it('takes what people want, in their order', () => {
    const lift = asset('elevator', 'rated_speed', 'car_speed', 'car_floor', 'door_state', 'direction', 'mode');
    expect(names(cardPoints(lift, 6))).toEqual(['car_floor', 'direction', 'door_state', 'mode']);
    expect(names(cardPoints(lift, 2))).toEqual(['car_floor', 'direction']);
  });
  it('fills up where few of them are there, nameplate data last', () => {
    const lift = asset('elevator', 'rated_speed', 'car_speed', 'car_floor');
    expect(names(cardPoints(lift, 6))).toEqual(['car_floor', 'car_speed', 'rated_speed']);
  });
  it('takes the first points of a kind nobody described', () => {
    expect(names(cardPoints(asset('boiler', 'a', 'b', 'c'), 2))).toEqual(['a', 'b']);
    expect(names(facePoints(asset('boiler', 'a')))).toEqual(['a']);
  });
});
