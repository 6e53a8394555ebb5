import { describe, expect, it, vi } from 'vitest';
import { Clock } from '../live/clock';
import { keyMove } from './gestures';
import { Viewport, bounded } from './viewport';
import { LONGEST, RANGES, SHORTEST, type Span, chooseStep, fetchWindow, presetOf, rangeLength, readSpan, writeSpan } from './window';
import { fromField, instantOf, isoIn, toField, wallOf } from './zone';

describe('a span', () => {
  it('goes into an address and comes back', () => {
    const spans: Span[] = [...RANGES.map((r): Span => ({ live: true, length: rangeLength(r) })), { live: true, length: 5_400_000 }, { live: false, from: 5, to: 70_005 }];
    for (const s of spans) expect(readSpan(writeSpan(s))).toEqual(s);
    expect(writeSpan({ live: true, length: 86_400_000 })).toBe('24h');
    expect(presetOf({ live: false, from: 0, to: 86_400_000 })).toBeNull();
  });
  it('is the last hour when the address is nonsense', () => {
    for (const x of [null, '', 'x', '5-4', '1-2', 'live-1', 'live-99999999999999', '0-99999999999999']) expect(writeSpan(readSpan(x))).toBe('1h');
  });
});

describe('steps', () => {
  it('are never more than two samples a pixel, nor fewer than one in four', () => {
    for (const width of [320, 700, 1400, 2500]) {
      for (const r of RANGES) {
        const step = chooseStep(rangeLength(r), width);
        if (step === 0) continue;
        const perPixel = rangeLength(r) / step / width;
        expect(perPixel).toBeLessThanOrEqual(2);
        expect(perPixel, `${r} on ${width}`).toBeGreaterThan(0.25);
      }
    }
  });
  it('fetch around what is seen, alike for small moves', () => {
    const [from, to] = fetchWindow(1_000_000, 4_600_000, 5000);
    expect(from).toBeLessThanOrEqual(1_000_000);
    expect(to).toBeGreaterThanOrEqual(4_600_000);
    expect(to - from).toBeLessThanOrEqual(2 * 3_600_000);
    expect(fetchWindow(1_010_000, 4_610_000, 5000)).toEqual([from, to]);
    expect(fetchWindow(10, 5010, 0)[0]).toBe(0);
  });
});

describe('a viewport', () => {
  const clock = new Clock(() => 10_000_000);
  const made = (span: Span) => new Viewport(span, clock);
  it('stays where it was put, and follows at the present', () => {
    const v = made({ live: true, length: 3_600_000 });
    expect(v.bounds()).toEqual([6_400_000, 10_000_000]);
    v.pan(-0.5);
    expect(v.span).toEqual({ live: false, from: 4_600_000, to: 8_200_000 });
    v.pan(2);
    expect(v.span).toEqual({ live: true, length: 3_600_000 });
  });
  it('tells where it came to rest, once', () => {
    vi.useFakeTimers();
    const v = made({ live: false, from: 1_000_000, to: 2_000_000 });
    const rests: string[] = [];
    const end = v.onRest((s) => rests.push(writeSpan(s)));
    for (let i = 0; i < 5; i++) v.pan(-0.1);
    vi.advanceTimersByTime(1000);
    expect(rests).toEqual(['500000-1500000']);
    v.pan(1);
    end();
    vi.advanceTimersByTime(1000);
    expect(rests).toHaveLength(1);
    vi.useRealTimers();
  });
  it('zooms around the pointer', () => {
    const v = made({ live: false, from: 1_000_000, to: 2_000_000 });
    v.zoom(0.5, 0.25);
    expect(v.span).toEqual({ live: false, from: 1_125_000, to: 1_625_000 });
  });
  it('has bounds', () => {
    const short = bounded(0, 1, 1e12);
    expect(short.live ? 0 : short.to - short.from).toBe(SHORTEST);
    const long = bounded(-1e15, 1e9, 1e12);
    expect(long.live ? 0 : long.to - long.from).toBe(LONGEST);
    expect(long.live ? 0 : long.from).toBe(0);
  });
  it('knows its keys', () => {
    expect(keyMove('ArrowLeft', false)).toEqual({ pan: -0.1 });
    expect(keyMove('ArrowLeft', true)).toEqual({ pan: -0.5 });
    expect(keyMove('End', false)).toBe('follow');
    expect(keyMove('a', false)).toBeNull();
  });
});

describe('the site’s clocks', () => {
  it('come and go', () => {
    const at = Date.UTC(2026, 2, 1, 4, 3, 22);
    expect(isoIn(at, 'Asia/Shanghai')).toBe('2026-03-01T12:03:22+08:00');
    expect(isoIn(at, 'America/St_Johns')).toBe('2026-03-01T00:33:22-03:30');
    expect(fromField(toField(at, 'Asia/Shanghai'), 'Asia/Shanghai')).toBe(at);
    expect(fromField('2026-03-01T12:03', 'Asia/Shanghai')).toBe(at - 22_000);
    expect(fromField('', 'Asia/Shanghai')).toBeNaN();
  });
  it('survive the change to summer time and back', () => {
    const zone = 'Europe/Berlin';
    for (const at of [Date.UTC(2026, 2, 29, 0, 30), Date.UTC(2026, 2, 29, 1, 30), Date.UTC(2026, 9, 24, 23, 30), Date.UTC(2026, 9, 25, 2, 30)]) {
      expect(instantOf(wallOf(at, zone), zone), new Date(at).toISOString()).toBe(at);
    }
    // 02:30 comes twice; the first is taken.
    expect(instantOf(Date.UTC(2026, 9, 25, 2, 30), zone)).toBe(Date.UTC(2026, 9, 25, 0, 30));
  });
});
