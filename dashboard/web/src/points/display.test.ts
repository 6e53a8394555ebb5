import { describe, expect, it } from 'vitest';
import type { Point } from '../api/types';
import { isAbnormal } from './abnormal';
import { boolWords, showNumber } from './display';

const point = (p: Partial<Point> & { name: string }): Point => ({
  title: { zh: '', en: '' },
  type: 'float',
  fresh: 0,
  decimals: 1,
  ...p,
});
const good = (number: number) => ({ number, quality: 'good' as const });
const t = (key: string, values?: Record<string, string | number>) =>
  values ? `${key} ${JSON.stringify(values)}` : key;

describe('showNumber', () => {
  it('names a bool by what it is', () => {
    expect(showNumber(point({ name: 'pit_leak', type: 'bool' }), 1, 'en', t).text).toBe('bool.wet.true');
    expect(showNumber(point({ name: 'pump2_running', type: 'bool' }), 0, 'en', t).text).toBe('bool.running.false');
    expect(boolWords('closed_limit')).toBe('yes');
    expect(boolWords('di7')).toBe('switch');
    expect(boolWords('closed')).toBe('closed');
  });
  it('names an enum by its label, and an unknown code by its number', () => {
    const door = point({ name: 'door', type: 'enum', labels: [{ code: 2, name: 'open', text: { zh: '打开', en: 'Open' } }] });
    expect(showNumber(door, 2, 'zh', t).text).toBe('打开');
    expect(showNumber(door, 9, 'en', t).text).toBe('value.code {"code":9}');
  });
  it('keeps the unit apart', () => {
    expect(showNumber(point({ name: 'x', unit: 'degC' }), 21.25, 'en', t)).toEqual({ text: '21.3', unit: '°C' });
  });
});

describe('isAbnormal', () => {
  it('is an alarm point that does not say normal', () => {
    const leak = point({ name: 'leak', type: 'bool', alarm: true });
    expect(isAbnormal(leak, good(1))).toBe(true);
    expect(isAbnormal(leak, good(0))).toBe(false);
    expect(isAbnormal(point({ name: 'running', type: 'bool' }), good(1))).toBe(false);
    expect(isAbnormal(point({ name: 'fault_code', type: 'int', alarm: true }), good(41))).toBe(true);
    expect(isAbnormal(point({ name: 'last_fault_code', type: 'int' }), good(41))).toBe(false);
  });
  it('is the absence of what must be there', () => {
    const power = point({ name: 'main_power', type: 'bool', alarm: true, normal: true });
    expect(isAbnormal(power, good(0))).toBe(true);
    expect(isAbnormal(power, good(1))).toBe(false);
  });
  it('is a label that means trouble', () => {
    const text = { zh: '', en: '' };
    const labels = [{ code: 0, name: 'auto', text }, { code: 4, name: 'fault', text, alarm: true }];
    const mode = point({ name: 'mode', type: 'enum', labels });
    expect(isAbnormal(mode, good(4))).toBe(true);
    expect(isAbnormal(mode, good(0))).toBe(false);
  });
  it('is never claimed by a value that cannot be trusted', () => {
    const leak = point({ name: 'leak', type: 'bool', alarm: true });
    expect(isAbnormal(leak, { number: 1, quality: 'stale' })).toBe(false);
    expect(isAbnormal(leak, { number: null, quality: 'lost' })).toBe(false);
    expect(isAbnormal(leak, { number: 1, quality: 'uncertain' })).toBe(true);
  });
});
