import { describe, expect, it } from 'vitest';
import {
  formatAge, formatBytes, formatDuration, formatExact, formatNumber, formatShare, formatShort, formatTime, formatUnit, knownZone, textIn, limitsText } from './format';

const w = { ms: 'ms', s: 's', min: 'min', h: 'h', d: 'd' };
const SECOND = 1000;
const HOUR = 3600 * SECOND;

describe('numbers', () => {
  it('have the point’s decimals and groups', () => {
    expect(formatNumber(1234.5, 2, 'en')).toBe('1,234.50');
    expect(formatNumber(0.4299, 3, 'zh')).toBe('0.430');
  });
  it('that were set have the decimals they were set with', () => {
    expect([6.5, 0.25, 1000, -40, 1e-7].map((n) => formatExact(n, 'en'))).toEqual(['6.5', '0.25', '1,000', '-40', '0.0000001']);
  });
  it('never show a negative zero', () => {
    expect(formatNumber(-0.001, 1, 'en')).toBe('0.0');
    expect(formatNumber(-1.25, 2, 'en')).toBe('-1.25');
  });
  it('survive odd decimals', () => {
    expect(formatNumber(1.5, -1, 'en')).toBe('2');
    expect(formatNumber(1.5, 99, 'en')).toBe('1.5000000000');
  });
  it('are short where only their size matters', () => {
    expect(formatShort(12.44, 'en')).toBe('12.4');
    expect(formatShort(1234.4, 'en')).toBe('1,234');
    expect(formatShort(0.125, 'en')).toBe('0.13');
  });
});

describe('units', () => {
  it('are written as people write them', () => {
    expect(formatUnit('degC')).toBe('°C');
    expect(formatUnit('m3/h')).toBe('m³/h');
    expect(formatUnit('kW')).toBe('kW');
    expect(formatUnit(undefined)).toBe('');
  });
});

describe('ages', () => {
  it('have one unit, rounded down, never negative', () => {
    expect(formatAge(3999, w)).toBe('3 s');
    expect(formatAge(-5000, w)).toBe('0 s');
    expect(formatAge(99 * SECOND, w)).toBe('99 s');
    expect(formatAge(100 * SECOND, w)).toBe('1 min');
    expect(formatAge(47.9 * HOUR, w)).toBe('47 h');
    expect(formatAge(49 * HOUR, w)).toBe('2 d');
  });
});

describe('durations', () => {
  it('have their two largest units', () => {
    expect(formatDuration(350, w)).toBe('350 ms');
    expect(formatDuration(75 * SECOND, w)).toBe('1 min 15 s');
    expect(formatDuration(26 * HOUR, w)).toBe('1 d 2 h');
    expect(formatDuration(14 * 24 * HOUR, w)).toBe('14 d');
    expect(formatDuration(24 * HOUR + 5 * SECOND, w)).toBe('1 d');
  });
});

describe('bytes and shares', () => {
  it('are binary and short', () => {
    expect(formatBytes(0, 'en')).toBe('0 B');
    expect(formatBytes(1536, 'en')).toBe('1.50 KiB');
    expect(formatBytes(2 ** 31, 'en')).toBe('2.00 GiB');
    expect(formatBytes(812_345_678, 'en')).toBe('775 MiB');
  });
  it('show small shares', () => {
    expect(formatShare(0.004, 'en')).toBe('0.4 %');
    expect(formatShare(0.42, 'en')).toBe('42 %');
    expect(formatShare(0, 'en')).toBe('0 %');
  });
});

describe('times', () => {
  const at = Date.UTC(2026, 2, 1, 16, 3, 22);
  it('are the site’s, not the reader’s', () => {
    expect(formatTime(at, 'Asia/Shanghai')).toBe('2026-03-02 00:03:22');
    expect(formatTime(at, 'UTC', 'minute')).toBe('16:03');
    expect(formatTime(at, 'UTC', 'day')).toBe('03-01');
  });
  it('fall back to UTC where the zone is not known', () => {
    expect(knownZone('Nowhere/Land')).toBe('UTC');
    expect(formatTime(at, 'Nowhere/Land', 'second')).toBe('16:03:22');
  });
});

it('a text in one language alone is shown in both', () => {
  expect(textIn({ zh: '泵', en: '' }, 'en')).toBe('泵');
  expect(textIn({ zh: '', en: 'Pump' }, 'zh')).toBe('Pump');
  expect(textIn({ zh: '泵', en: 'Pump' }, 'en')).toBe('Pump');
});

describe('limitsText', () => {
  const p = { name: 'x', title: { zh: '', en: '' }, type: 'float' as const, fresh: 0, decimals: 1, unit: 'MPa' };
  it('says both ends, or the one there is, or nothing', () => {
    expect(limitsText({ ...p, min: -0.1, max: 6.5 }, 'en')).toBe('-0.1 … 6.5 MPa');
    expect(limitsText({ ...p, min: 0 }, 'en')).toBe('≥ 0 MPa');
    expect(limitsText({ ...p, max: 1000 }, 'en')).toBe('≤ 1,000 MPa');
    expect(limitsText(p, 'en')).toBe('');
    expect(limitsText({ ...p, decimals: 3, min: -0.1, max: 6.5 }, 'en')).toBe('-0.1 … 6.5 MPa');
  });
});
