import { describe, expect, it } from 'vitest';
import type { Alarm } from '../../duty/types';
import { alarmMatches, alarmQuery, narrowedBy, readAlarmFilter, writeAlarmFilter } from './filter';

const read = (q: string) => readAlarmFilter(new URLSearchParams(q));

describe('the filter of alarms', () => {
  it('survives the address', () => {
    const q = 'state=unacknowledged%2Creturned&priority=P1&area=a&asset=pump-1&rule=PU-01&id=A000001%2CA000002&tab=history&alarm=A000007';
    expect(String(writeAlarmFilter(read(q)))).toBe(q);
    expect(String(writeAlarmFilter(read('')))).toBe('');
  });
  it('leaves out what it does not know, and does not ask the gateway which one is open', () => {
    expect(read('state=odd&priority=P9')).toMatchObject({ state: [], priority: [] });
    expect(String(alarmQuery(read('alarm=A1&tab=history&rule=X')))).toBe('rule=X');
    expect(narrowedBy(read('rule=X&state=latched&alarm=A1'))).toBe(2);
  });
  it('finds an alarm in an area over its asset, and never one that is over', () => {
    const a = { state: 'latched', priority: 'P2', asset: 'pump-1', rule: 'PU-01' } as Alarm;
    const over = () => ['a', 'a-pumps'];
    expect(alarmMatches(a, read('area=a&priority=P2'), over)).toBe(true);
    expect(alarmMatches(a, read('area=b'), over)).toBe(false);
    expect(alarmMatches(a, read('priority=P1'), over)).toBe(false);
    expect(alarmMatches({ ...a, state: 'normal' }, read(''), over)).toBe(false);
  });
});
