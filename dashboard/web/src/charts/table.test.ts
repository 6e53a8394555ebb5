import { describe, expect, it } from 'vitest';
import { cell, csvOf, fileName } from './csv';
import { type Mark, alarmMark, cluster, worst } from './marks';
import { tableOf } from './table';

const words = { time: 'Time', value: 'value', least: 'min', most: 'max', quality: 'quality' };

describe('a table', () => {
  it('has a row for each time, with qualities, and nothing where nothing was', () => {
    const rows = tableOf(
      [
        { title: 'A [V]', samples: [[0, 1], [1000, null, 'bad'], [9000, 5]], low: [[0, 0.5]], high: [[0, 2]] },
        { title: 'B', samples: [[1000, 7, 'uncertain']], low: [], high: [] },
      ],
      0, 2000, 'UTC', words,
    );
    expect(rows).toEqual([
      ['Time (UTC)', 'A [V] value', 'A [V] min', 'A [V] max', 'A [V] quality', 'B value', 'B quality'],
      ['1970-01-01T00:00:00+00:00', 1, 0.5, 2, 'good', null, ''],
      ['1970-01-01T00:00:01+00:00', null, null, null, 'bad', 7, 'uncertain'],
    ]);
  });
  it('opens in a spreadsheet as what it is', () => {
    expect(csvOf([['a', 1.5, null], ['say "x", y', '=HYPERLINK(1)', -2]])).toBe('﻿a,1.5,\r\n"say ""x"", y",\'=HYPERLINK(1),-2\r\n');
    expect(cell(Infinity)).toBe('');
    expect(fileName(['总进线/1', '20260301-120322', '..'], 'csv')).toBe('总进线-1_20260301-120322.csv');
    expect(fileName([], 'png')).toBe('steward.png');
  });
});

describe('marks', () => {
  const mark = (at: number, priority = 'P3'): Mark => ({
    kind: 'alarm', id: `A${at}`, asset: 'a', at, until: null, priority, state: 'normal', title: { zh: '', en: '' },
  });
  it('gather where they would overlap', () => {
    const got = cluster([mark(900), mark(100), mark(110, 'P1'), mark(5000)], 0, 1000, 100, 10);
    expect(got.map((c) => c.marks.length)).toEqual([2, 1]);
    expect(worst(got[0]?.marks ?? [])).toBe('P1');
  });
  it('last until they are cleared', () => {
    const row = { id: 'A1', asset: 'a', raised: '1970-01-01T00:00:01Z', active: true, priority: 'P1', state: 'x', title: { zh: '', en: '' } };
    expect(alarmMark(row)).toMatchObject({ at: 1000, until: null });
    expect(alarmMark({ ...row, active: false, cleared: '1970-01-01T00:00:02Z' }).until).toBe(2000);
  });
});
