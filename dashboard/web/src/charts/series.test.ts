import { describe, expect, it } from 'vitest';
import type { Point, Sample } from '../api/types';
import { join, plot, push, runsOf, sampleAt } from './series';
import { aggOf, gapOf } from './window';

const line = (samples: Sample[], gapMs = 2500) => ({ samples, gapMs, stepped: false });
const steps = (samples: Sample[], gapMs = 2500) => ({ samples, gapMs, stepped: true });

describe('plot', () => {
  it('leaves a silence open', () => {
    const p = plot([line([[0, 1], [1000, 2], [9000, 3]])], 9000);
    expect(p.times).toEqual([0, 1000, 1001, 9000]);
    expect(p.ys[0]).toEqual([1, 2, null, 3]);
  });
  it('breaks the line at what is not good and marks it until the next sample', () => {
    const p = plot([line([[0, 1], [1000, null, 'bad'], [2000, null, 'bad'], [3000, 4]])], 3000);
    expect(p.ys[0]).toEqual([1, null, null, 4]);
    expect(p.runs[0]).toEqual([{ from: 1000, to: 3000, quality: 'bad' }]);
  });
  it('draws an uncertain value and marks it', () => {
    const p = plot([line([[0, 1], [1000, 5, 'uncertain'], [2000, 2]])], 2000);
    expect(p.ys[0]).toEqual([1, 5, 2]);
    expect(p.runs[0]).toEqual([{ from: 1000, to: 2000, quality: 'uncertain' }]);
  });
  it('joins tracks with times of their own without breaking them', () => {
    const p = plot([line([[0, 1], [2000, 2]]), line([[1000, 7]])], 2000);
    expect(p.times).toEqual([0, 1000, 2000]);
    expect(p.ys).toEqual([[1, undefined, 2], [undefined, 7, undefined]]);
  });
  it('holds a step until now, but not beyond its freshness', () => {
    expect(plot([steps([[0, 1]])], 2000).times).toEqual([0, 2000]);
    const long = plot([steps([[0, 1]])], 9000);
    expect([long.times, long.ys[0]]).toEqual([[0, 2500], [1, 1]]);
    const gap = plot([steps([[0, 1], [9000, 0]])], 9000);
    expect([gap.times, gap.ys[0]]).toEqual([[0, 2500, 2501, 9000], [1, 1, null, 0]]);
    expect(plot([steps([[0, 1]], Infinity)], 1e9).times).toEqual([0, 1e9]);
  });
  it('does not hold what is not good', () => {
    expect(plot([steps([[0, null, 'lost']])], 2000).ys[0]).toEqual([null]);
    expect(runsOf([[0, null, 'lost']], 2000)).toEqual([{ from: 0, to: 2000, quality: 'lost' }]);
  });
  it('is empty without samples', () => {
    expect(plot([line([])], 5)).toEqual({ times: [], ys: [[]], lows: [[]], highs: [[]], runs: [[]] });
  });
});

describe('join and push', () => {
  it('goes on live behind the last whole step of history', () => {
    const history: Sample[] = [[0, 1], [10_000, 2]];
    const tail: Sample[] = [[5000, 9], [15_000, 9], [20_000, 3], [21_000, 4]];
    expect(join(history, tail, 10_000)).toEqual([[0, 1], [10_000, 2], [20_000, 3], [21_000, 4]]);
    expect(join([[0, 1]], [[0, 1], [1000, 2]], 0)).toEqual([[0, 1], [1000, 2]]);
    expect(join([], tail, 10_000)).toEqual(tail);
  });
  it('keeps a tail in order and bounded', () => {
    const tail: Sample[] = [];
    for (const s of [[1, 1], [2, 2], [2, 3], [1, 9], [4, 4]] as Sample[]) push(tail, s, 2);
    expect(tail).toEqual([[2, 3], [4, 4]]);
  });
});

describe('sampleAt', () => {
  it('is the sample before an instant, unless that is too long ago', () => {
    const t = line([[0, 1], [1000, 2], [9000, 3]]);
    expect(sampleAt(t, -1)).toBeUndefined();
    expect(sampleAt(t, 1500)).toEqual([1000, 2]);
    expect(sampleAt(t, 5000)).toBeUndefined();
    expect(sampleAt(t, 9000)).toEqual([9000, 3]);
  });
});

describe('windows', () => {
  const p = (over: Partial<Point>): Point => ({
    name: 'x', title: { zh: '', en: '' }, type: 'float', fresh: 0, decimals: 0, ...over,
  });
  it('never lose a short true, and never average a code', () => {
    expect(aggOf(p({ type: 'bool' }))).toBe('max');
    expect(aggOf(p({ type: 'enum' }))).toBe('last');
    expect(aggOf(p({ counter: true }))).toBe('last');
    expect(aggOf(p({}))).toBe('envelope');
  });
  it('call it a gap only when the point should have come', () => {
    expect(gapOf(p({ fresh: 10e9 }), 0)).toBe(10_000);
    expect(gapOf(p({ fresh: 10e9 }), 60_000)).toBe(150_000);
    expect(gapOf(p({ fresh: 0 }), 60_000)).toBe(Infinity);
  });
  it('carry the edges of an envelope with their gaps', () => {
    const t = { ...line([[0, 2], [9000, 4]]), low: [[0, 1], [9000, 3]] as Sample[], high: [[0, 3], [9000, 5]] as Sample[] };
    const got = plot([t], 9000);
    expect(got.times).toEqual([0, 1, 9000]);
    expect([got.lows[0], got.highs[0]]).toEqual([[1, null, 3], [3, null, 5]]);
  });
});
