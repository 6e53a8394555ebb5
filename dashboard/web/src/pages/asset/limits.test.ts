import { describe, expect, it } from 'vitest';
import type { Point } from '../../api/types';
import { limitLines, troubleText } from './limits';

const point = (p: Partial<Point>): Point => ({ name: 'x', title: { zh: '', en: '' }, type: 'float', fresh: 0, decimals: 1, ...p });
const t = (key: string, values?: Record<string, string | number>) => `${key}${values ? `(${Object.values(values).join()})` : ''}`;
const time = { ms: 'ms', s: 's', min: 'min', h: 'h', d: 'd' };
const label = (code: number, name: string, alarm: boolean) => ({ code, name, text: { zh: `${name}中`, en: name }, alarm });

describe('what is trouble', () => {
  it('is the other state of the good one', () => {
    expect(troubleText(point({ name: 'leak', type: 'bool', alarm: true }), 'en', t)).toBe('bool.wet.true');
    expect(troubleText(point({ name: 'safety_circuit', type: 'bool', alarm: true, normal: true }), 'en', t)).toBe('bool.yes.false');
    expect(troubleText(point({ name: 'running', type: 'bool' }), 'en', t)).toBe('');
  });
  it('is every state of an enum that is marked, in the language', () => {
    const mode = point({ type: 'enum', labels: [label(0, 'auto', false), label(1, 'fault', true), label(2, 'trip', true)] });
    expect(troubleText(mode, 'zh', t)).toBe('fault中points.ortrip中');
    expect(troubleText(point({ type: 'enum', labels: null }), 'zh', t)).toBe('');
  });
  it('is anything but zero of a code, and no figure by itself', () => {
    expect(troubleText(point({ type: 'int', alarm: true }), 'en', t)).toBe('points.notZero');
    expect(troubleText(point({ type: 'float', alarm: true }), 'en', t)).toBe('');
  });
});

describe('the lines of a point', () => {
  it('are none where nothing holds', () => expect(limitLines(point({}), 'en', t, time)).toEqual([]));
  it('have units, decimals and every limit there is', () => {
    const p = point({ unit: 'degC', min: -40, max: 150, max_step: 5, fresh: 120e9 });
    expect(limitLines(p, 'en', t, time)).toEqual(['points.range(-40 … 150 °C)', 'points.step(5 °C)', 'points.fresh(2 min)']);
    expect(limitLines(point({ unit: 'm', max_step: 0.25, decimals: 2 }), 'en', t, time)).toEqual(['points.step(0.25 m)']);
    expect(limitLines(point({ unit: '%', max_step: 0.5, decimals: 0 }), 'en', t, time)).toEqual(['points.step(0.5 %)']);
  });
  it('say of a counter where it begins anew, if that is known', () => {
    expect(limitLines(point({ unit: 'kWh', counter: true }), 'en', t, time)).toEqual(['points.counter']);
    expect(limitLines(point({ unit: 'kWh', counter: true, rollover: 1e6 }), 'en', t, time)).toEqual(['points.rollover(1,000,000 kWh)']);
  });
});
