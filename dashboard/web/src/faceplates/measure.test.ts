import { describe, expect, it } from 'vitest';
import { doorGap, doorOf, fit, imbalance, share, textWidth, wrap } from './measure';

describe('fit', () => {
  it('keeps what fits and cuts what does not', () => {
    expect(fit('Pump', 12, 100)).toBe('Pump');
    const cut = fit('Discharge pressure of the booster', 12, 100);
    expect(cut.endsWith('…')).toBe(true);
    expect(textWidth(cut, 12)).toBeLessThanOrEqual(100);
    expect(fit('屋顶生活水箱液位', 10, 41)).toBe('屋顶生…');
  });
});

describe('wrap', () => {
  it('takes a second line before it cuts', () => {
    expect(wrap('Pump', 12, 100)).toEqual(['Pump']);
    expect(wrap('Pressure at worst point', 12, 110)).toEqual(['Pressure at worst', 'point']);
    expect(wrap('A相绕组最高温度', 12, 50)).toEqual(['A相绕组', '最高温度']);
    expect(wrap('Pressure at the hydrant that is farthest away', 12, 110)[1]?.endsWith('…')).toBe(true);
    expect(wrap('Incomprehensibilities', 12, 60)).toEqual([fit('Incomprehensibilities', 12, 60)]);
  });
});

describe('imbalance', () => {
  it('is the largest distance from the mean', () => {
    expect(imbalance([100, 100, 100])).toBe(0);
    expect(imbalance([90, 100, 110])).toBeCloseTo(0.1);
    expect(imbalance([-90, -100, -110])).toBeCloseTo(0.1);
  });
  it('is nothing without every phase, or without current', () => {
    expect(imbalance([100, null, 100])).toBeNull();
    expect(imbalance([0, 0, 0])).toBeNull();
    expect(imbalance([7])).toBeNull();
  });
});

describe('share', () => {
  it('stays within its ends', () => {
    expect(share(50, 0, 200)).toBe(0.25);
    expect(share(-5, 0, 100)).toBe(0);
    expect(share(500, 0, 100)).toBe(1);
    expect(share(1, 5, 5)).toBe(0);
  });
});

describe('doorOf', () => {
  it('takes the state, then the switches, and never guesses', () => {
    expect(doorOf('closing', true, null, null)).toBe('closing');
    expect(doorOf('', null, true, false)).toBe('open');
    expect(doorOf('', null, false, true)).toBe('closed');
    expect(doorOf('', false, null, null)).toBe('closed');
    expect(doorOf('', null, false, false)).toBeNull();
    expect(doorGap('open')).toBeGreaterThan(doorGap('opening'));
  });
});
