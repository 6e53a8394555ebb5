import { describe, expect, it } from 'vitest';
import type { BrokerStatus, BusStatus, JournalStatus, SinkStatus } from '../../api/types';
import { brokerAdvice, busAdvice, journalAdvice, sinkAdvice, tooMany } from './advice';
import { type BookHour, balances, oddHours } from './books';
import { type AuditRow, missingRows } from './chain';

describe('advice', () => {
  const bus: BusStatus = {
    id: 'b', url: 'tcp://10.0.0.1:502', state: 'up', since: '', line_time: 0.2, requests: 1000, errors: 3, timeouts: 0, strays: 0, units: null,
  };
  it('is silent where all is well', () => {
    expect(busAdvice(bus)).toEqual([]);
    expect(journalAdvice({ state: 'up', bytes: 1, max_bytes: 100, free_disk: 9, reserve: 1, corrupt: 0, dropped: null, readers: null } as JournalStatus)).toEqual([]);
  });
  it('tells a cable from a network', () => {
    expect(busAdvice({ ...bus, state: 'down' })).toEqual(['busDown']);
    expect(busAdvice({ ...bus, state: 'down', url: 'rtu:///dev/ttyUSB0' })).toEqual(['serialDown']);
  });
  it('names each trouble of a bus', () => {
    const unit = { unit: 7, assets: null, quarantined: true, line_time: 0, requests: 0, errors: 0, bad_points: [{ asset: 'a', point: 'p', reason: '' }] };
    expect(busAdvice({ ...bus, line_time: 0.9, errors: 30, strays: 40, units: [unit] })).toEqual(['quarantine', 'lineFull', 'busErrors', 'badPoints', 'strays']);
    expect([tooMany(1, 10), tooMany(2, 100), tooMany(1, 100)]).toEqual([false, true, false]);
  });
  it('knows a refusal from a silence', () => {
    const sink: SinkStatus = { name: 's', url: '', state: 'down', since: '', stored: 0, refused: 1, retries: 0, error: 'HTTP 401 Unauthorized' };
    expect(sinkAdvice(sink)).toEqual(['sinkRefuses', 'refusedLines']);
    expect(sinkAdvice({ ...sink, refused: 0, error: 'connection refused' })).toEqual(['sinkDown']);
  });
  it('looks after brokers and the journal', () => {
    expect(brokerAdvice({ state: 'down', unknown: 1, undecodable: 1, queue: 5000 } as BrokerStatus)).toEqual(['brokerDown', 'unknownTopics', 'undecodable', 'queue']);
    const reader = { name: 'influxdb', cursor: 0, lag: 5, lag_age: 400e9 };
    expect(journalAdvice({ state: 'down', bytes: 90, max_bytes: 100, free_disk: 0, reserve: 1, corrupt: 1, dropped: { full: 2 }, readers: [reader] } as unknown as JournalStatus)).toEqual([
      'journalDown', 'journalFull', 'disk', 'behind', 'corrupt', 'dropped',
    ]);
  });
});

it('the books balance in every hour, not only in sum', () => {
  const hour = (reader: string, produced: number, stored: number, waiting: number, dropped: BookHour['dropped']): BookHour => ({ hour: '', reader, produced, stored, waiting, dropped });
  const got = balances([hour('b', 10, 10, 0, null), hour('a', 10, 5, 2, { full: 3 }), hour('a', 10, 10, 0, {}), hour('b', 10, 11, 0, null), hour('b', 10, 9, 0, null)]);
  expect(got).toEqual([
    { reader: 'a', produced: 20, stored: 15, waiting: 2, dropped: [['full', 3]], balanced: true },
    { reader: 'b', produced: 30, stored: 30, waiting: 0, dropped: [], balanced: false },
  ]);
});

it('an hour is odd that dropped something, does not add up, or waits although it is over', () => {
  const hour = (at: string, stored: number, waiting: number, dropped: BookHour['dropped']): BookHour => ({ hour: at, reader: 'rules', produced: 10, stored, waiting, dropped });
  const all = [hour('2026-11-24T01:00:00Z', 9, 1, null), hour('2026-11-24T02:00:00Z', 8, 0, { full: 2 }), hour('2026-11-24T03:00:00Z', 9, 0, {}), hour('2026-11-24T04:00:00Z', 10, 0, { full: 0 }), hour('2026-11-24T05:00:00Z', 4, 6, null)];
  expect(oddHours(all).map((h) => h.hour.slice(11, 13))).toEqual(['01', '02', '03']);
});

it('an audit log without some of its rows is seen', () => {
  const row = (no: number) => ({ no }) as AuditRow;
  expect(missingRows([row(9), row(8), row(6), row(2)])).toEqual(['7', '3–5']);
  expect(missingRows([row(2), row(1)])).toEqual([]);
});
