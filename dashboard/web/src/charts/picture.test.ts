import { describe, expect, it } from 'vitest';
import type { Mark } from './marks';
import { laneMarks } from './picture';

const mark = (id: string, at: number, until: number | null): Mark => ({
  kind: 'alarm', id, asset: 'a', at, until, priority: 'P1', state: 'normal', title: { zh: id, en: id },
});
const lay = (marks: readonly Mark[], now = 1500) => laneMarks(marks, [1000, 2000], now, 500, (m) => m.id, (s) => s.length * 6);

describe('the lanes of a picture', () => {
  it('have what touches the time, as long as it lasted within it', () => {
    const got = lay([mark('old', 0, 900), mark('before', 500, 1100), mark('open', 1200, null), mark('long', 1400, 9000), mark('later', 2500, null)]);
    expect(got.map((m) => [m.text, m.x, m.long])).toEqual([['P1 before', 0, 50], ['P1 open', 100, 150], ['P1 long', 200, 300]]);
  });
  it('say it before the shape where the time ends soon after, and never over another', () => {
    const got = lay([mark('a', 1000, 1100), mark('a long title', 1900, null), mark('another long title', 1910, null)], 2000);
    expect(got.map((m) => [m.text, m.x, m.textX])).toEqual([['P1 a', 0, 7], ['P1 a long title', 450, 353], ['P1', 455, 462]]);
  });
  it('say what has room before the next one, at least its shape', () => {
    const got = lay([mark('a long title', 1000, 1100), mark('b', 1040, 1100), mark('c', 1060, 1100)]);
    expect(got.map((m) => m.text)).toEqual(['', '', 'P1 c']);
  });
});
