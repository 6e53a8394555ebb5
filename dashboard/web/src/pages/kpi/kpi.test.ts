import { describe, expect, it } from 'vitest';
import { MOST_IDS, behind, boundsOf, lacks, readSpan, writeSpan } from './period';

describe('the span of the figures', () => {
  it('survives the address', () => {
    for (const q of ['', 'period=7d', 'from=1000&to=2000']) expect(String(writeSpan(readSpan(new URLSearchParams(q))))).toBe(q);
    expect(readSpan(new URLSearchParams('from=5&to=4'))).toEqual({ period: '30d', from: 0, to: 0 });
  });
  it('ends at a full minute', () => {
    expect(boundsOf({ period: '24h', from: 0, to: 0 }, 86_400_000 * 3 + 61_234)).toEqual([86_400_000 * 2 + 60_000, 86_400_000 * 3 + 60_000]);
    expect(boundsOf({ period: '24h', from: 5, to: 9 }, 1e9)).toEqual([5, 9]);
  });
});

it('a rate is not made of less than one of its periods', () => {
  expect(lacks('alarms_per_day', 180_000)).toBe(86_400_000);
  expect(lacks('alarms_per_day', 86_400_000)).toBe(0);
  expect([lacks('hours_over_30', 600_000), lacks('alarms_per_10min', 600_000), lacks('flood_time', 599_999)]).toEqual([3_600_000, 0, 600_000]);
  expect([lacks('alarms', 0), lacks('respond_in_time', 1)]).toEqual([0, 0]);
});

it('a figure leads to what it is made of, as much as an address carries', () => {
  expect(behind('alarm', [])).toBeNull();
  expect(behind('ticket', ['T1', 'T2'])).toBe('/tickets?id=T1,T2');
  const many = Array.from({ length: 1000 }, (_, i) => `A${String(i).padStart(6, '0')}`);
  const link = behind('alarm', many) ?? '';
  expect(link.split(',').length).toBe(MOST_IDS);
  expect(link.length).toBeLessThan(2000);
});
