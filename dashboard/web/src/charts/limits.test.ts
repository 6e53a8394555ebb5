import { describe, expect, it } from 'vitest';
import { type Judged, limitsOf } from './limits';

const rule = (condition: string, over: Partial<Judged> = {}): Judged => ({
  id: 'R', title: { zh: '', en: '' }, condition, priority: 'P2', watching: true, numbers: {}, ...over,
});
const of = (condition: string, point = 'power', over: Partial<Judged> = {}) =>
  limitsOf([rule(condition, over)], point).map((l) => `${l.above ? '>' : '<'}${l.value}`);

describe('limits', () => {
  it('are read where a point stands beside a number', () => {
    expect(of('power > 150')).toEqual(['>150']);
    expect(of('150.5 < power')).toEqual(['>150.5']);
    expect(of('power <= -3')).toEqual(['<-3']);
    expect(of('power < 1 or power > 9')).toEqual(['<1', '>9']);
    expect(of('abs(power) > 5')).toEqual(['<-5', '>5']);
  });
  it('take numbers by their names', () => {
    expect(of('power > limit', 'power', { numbers: { limit: 80 } })).toEqual(['>80']);
    expect(of('power > limit')).toEqual([]);
  });
  it('are not what only narrows another condition, nor sums', () => {
    expect(of('power_factor < 0.9 and power > 20')).toEqual([]);
    expect(of('power_factor < 0.9 and power > 20', 'power_factor')).toEqual(['<0.9']);
    expect(of('power * 2 > 20')).toEqual([]);
    expect(of('total - power > 20')).toEqual([]);
    expect(of('power > 2 * rated', 'power', { numbers: { rated: 4 } })).toEqual([]);
  });
  it('have units behind them', () => {
    expect(of('power > 75 kW and running')).toEqual(['>75']);
    expect(of('power > 75 %')).toEqual(['>75']);
    expect(of('power > 75 degC - 5 degC')).toEqual([]);
  });
  it('are not when a rule is over, nor that something stands still', () => {
    expect(of('power > 75 degC or fault; over when power < 70 degC')).toEqual(['>75']);
    expect(of('door == "open" or abs(power) <= 0.05')).toEqual([]);
  });
  it('are those of rules that watch, each once', () => {
    expect(of('power > 5', 'power', { watching: false })).toEqual([]);
    expect(limitsOf([rule('power > 5'), rule('power > 5', { id: 'S' })], 'power')).toHaveLength(1);
  });
});
