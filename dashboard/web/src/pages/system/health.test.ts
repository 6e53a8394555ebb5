import { describe, expect, it } from 'vitest';
import type { JournalStatus, ReaderStatus, RulesStatus, SinkStatus, StateStatus, SystemStatus } from '../../api/types';
import type { Rule } from '../../duty/ruletypes';
import { isBackupOld, isIll, rulesAdvice, sinkAdvice, stateAdvice } from './advice';
import { entries, ruleCounts, rulesHealth, rulesWaiting, stateHealth, whyNot, wrong } from './health';

const DAY = 86_400_000;
const now = Date.parse('2026-11-24T08:00:00Z');
const reader = (r: Partial<ReaderStatus> = {}): ReaderStatus => ({ name: 'rules', cursor: 100, lag: 0, lag_age: 0, ...r });
const journal = (...readers: ReaderStatus[]): JournalStatus => ({
  state: 'up', first: 1, last: 120, bytes: 1, max_bytes: 100, max_age: 1, free_disk: 9, reserve: 1, commits: 1, corrupt: 0, dropped: null, readers,
});
const rules = (r: Partial<RulesStatus> = {}): RulesStatus => ({
  stepped: 118, saved: 110, failures: 0, set_back: false, rewound: 0, reloads: 0, unreadable: 0, readings: 9, evaluations: 9, backfilled: 0, unknown_assets: 0, ...r,
});
const state = (k: Partial<StateStatus> = {}): StateStatus => ({ path: 'state.db', commits: 4, refused: 0, backup: '2026-11-24T02:00:00Z', ...k });
const system = (y: Partial<SystemStatus> = {}): SystemStatus => ({
  buses: null, brokers: null, sinks: null, journal: journal(reader()), rules: rules(), state: state(), started: '2026-11-20T00:00:00Z', version: 'x', now, ...y,
});

describe('the rules', () => {
  it('are well while they judge and save', () => {
    expect(rulesHealth(rules(), journal(reader()))).toEqual({ state: 'up', error: '' });
    expect(rulesAdvice(rules({ backfilled: 5, unknown_assets: 7 }), reader())).toEqual([]);
  });
  it('are down when their disk refuses, with its words', () => {
    const stuck = reader({ error: 'disk full' });
    expect(rulesHealth(rules({ failures: 3 }), journal(stuck))).toEqual({ state: 'down', error: 'disk full' });
    expect(rulesHealth(rules(), journal(stuck)).state).toBe('down');
    expect(rulesAdvice(rules(), stuck)).toEqual(['rulesStuck']);
  });
  it('want a look when they are late or the clock went back', () => {
    const late = reader({ lag: 4, lag_age: 61e9 });
    expect(rulesHealth(rules(), journal(late)).state).toBe('warning');
    expect(rulesHealth(rules(), journal(reader({ lag: 4, lag_age: 5e9 }))).state).toBe('up');
    expect(rulesAdvice(rules({ set_back: true, unreadable: 1 }), late)).toEqual(['rulesBehind', 'clockBack', 'rulesUnreadable']);
  });
  it('say what waits, never less than nothing', () => {
    expect(rulesWaiting(rules(), journal())).toEqual({ toJudge: 2, toSave: 8 });
    expect(rulesWaiting(rules({ stepped: 130, saved: 130 }), journal())).toEqual({ toJudge: 0, toSave: 0 });
    expect(rulesHealth(rules({ stepped: 0, saved: 0 }), journal(reader())).state).toBe('starting');
  });
});

describe('the rules that are loaded', () => {
  const rule = (id: string, pack: string, assets: string[], inactive: Rule['inactive'], more: Partial<Rule> = {}) => ({ id, pack, assets, inactive, ...more }) as Rule;
  const flow = { zh: '没有流量', en: 'no flow' };
  const level = { zh: '没有液位', en: 'no level' };
  const all = [
    rule('PU-01', 'pump', ['p1', 'p2'], [{ asset: 'p3', why: flow }]),
    rule('PU-02', 'pump', [], [{ asset: 'p1', why: flow }, { asset: 'p2', why: level }]),
    rule('EL-14', 'lift', [], null, { needs: { zh: '加速度计', en: 'an accelerometer' } }),
  ];
  it('are counted, each once', () => {
    expect(ruleCounts(all)).toEqual({ rules: 3, packs: 2, active: 1, inactive: 1, needs: 1, watching: 2, notWatching: 3 });
  });
  it('say what keeps them back, the most frequent first', () => {
    expect(whyNot(all)).toEqual([
      { why: flow, pairs: 2, rules: ['PU-01', 'PU-02'] },
      { why: level, pairs: 1, rules: ['PU-02'] },
    ]);
  });
});

describe('the state', () => {
  it('is down while it refuses, and wants a look after a failed check or a damaged file', () => {
    expect(stateHealth(state())).toEqual({ state: 'up', error: '' });
    expect(stateHealth(state({ last_error: 'disk full', error: 'no copy' }))).toEqual({ state: 'down', error: 'disk full' });
    expect(stateHealth(state({ error: 'no copy' }))).toEqual({ state: 'warning', error: 'no copy' });
    expect(stateHealth(state({ aside: 'state.db.damaged' })).state).toBe('warning');
    expect(stateAdvice(state({ last_error: 'x', error: 'y', aside: 'z', unreadable: 2 }), system())).toEqual(['stateDown', 'stateCheck', 'stateAside', 'stateUnreadable']);
  });
  it('has an old copy after two days without one, and time for the first', () => {
    const at = (ms: number) => new Date(ms).toISOString();
    const never: StateStatus = { path: 'state.db', commits: 0, refused: 0 };
    expect(isBackupOld(state(), system())).toBe(false);
    expect(isBackupOld(state({ backup: at(now - 3 * DAY) }), system())).toBe(true);
    expect(isBackupOld(never, system({ started: at(now - DAY) }))).toBe(false);
    expect(isBackupOld(never, system({ started: at(now - 3 * DAY) }))).toBe(true);
  });
});

describe('the summary', () => {
  const sink: SinkStatus = { name: 'influxdb', url: 'http://x', state: 'down', since: '', stored: 0, refused: 0, retries: 0 };
  it('has nothing where all is well, also of a gateway without rules', () => {
    expect(wrong(entries(system(), false))).toEqual([]);
    const y = system();
    delete y.rules;
    delete y.state;
    expect(entries(y, false).map((e) => e.kind)).toEqual(['journal']);
  });
  it('has the worst first, and last what works and yet wants a look', () => {
    const y = system({ rules: rules({ set_back: true }), sinks: [sink, { ...sink, name: 'history', url: 'embedded', state: 'up', refused: 3 }] });
    expect(wrong(entries(y, true)).map((e) => [e.id, e.state])).toEqual([
      ['sink-influxdb', 'down'], ['rules', 'warning'], ['books', 'warning'], ['sink-history', 'up'],
    ]);
  });
  it('does not send people to InfluxDB for the gateway’s own history', () => {
    expect(sinkAdvice({ ...sink, url: 'embedded', refused: 1 })).toEqual(['historyDown', 'historyRefused']);
  });
});

it('a unit that answers all but a few requests is well', () => {
  const unit = { unit: 1, assets: null, quarantined: false, line_time: 0, requests: 1000, errors: 3 };
  expect([isIll(unit), isIll({ ...unit, errors: 30 }), isIll({ ...unit, error: 'no reply' }), isIll({ ...unit, quarantined: true })]).toEqual([false, true, true, true]);
  expect(isIll({ ...unit, bad_points: [{ asset: 'a', point: 'p', reason: '' }] })).toBe(true);
});
