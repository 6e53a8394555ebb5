import { describe, expect, it } from 'vitest';
import { count } from '../../live/counts';
import { worstFirst } from './worst';

describe('worstFirst', () => {
  it('orders by share, then by number, and keeps ties', () => {
    const row = (id: string, flags: string) => ({ id, counts: count(flags) });
    const rows = [row('fine', 'ggg'), row('half', 'gl'), row('also half', 'ggll'), row('gone', 'n'), row('none', ''), row('fine too', 'g')];
    expect(worstFirst(rows).map((r) => r.id)).toEqual(['gone', 'also half', 'half', 'fine', 'none', 'fine too']);
  });
});

describe('count', () => {
  it('tells every quality and trouble apart', () => {
    expect(count('gGuUsbln')).toEqual({
      points: 8, notGood: 6, abnormal: 2, by: { good: 2, uncertain: 2, stale: 1, bad: 1, lost: 1, unknown: 1 },
    });
  });
});
