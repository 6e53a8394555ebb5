import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import { applyChanges, dutyKey, newDutyNews, parseChanges } from './live';
import { Lately, mergeInto, mergeOpen } from './merge';
import { alarmOpen } from './order';
import type { Alarm } from './types';

const alarm = (n: number, changed: number, rest: Partial<Alarm> = {}): Alarm => ({
  id: `A${n}`, asset: 'pump-1', rule: 'PU-01', fault: 'PU-01', title: { zh: '干转', en: 'Dry run' }, priority: 'P1', class: 'emergency',
  state: 'unacknowledged', active: true, raised: new Date(0).toISOString(), changed: new Date(changed).toISOString(), activations: 1, ...rest,
});

describe('what changed', () => {
  const list = [alarm(1, 100), alarm(2, 100)];
  it('takes the place of what was, comes in when new, goes when over', () => {
    const next = mergeOpen(list, [alarm(1, 200, { state: 'acknowledged' }), alarm(3, 200), alarm(2, 200, { state: 'normal' })], alarmOpen);
    expect(next.map((a) => `${a.id} ${a.state}`)).toEqual(['A1 acknowledged', 'A3 unacknowledged']);
  });
  it('does not go back to what is older, nor make a new list of nothing', () => {
    expect(mergeOpen(list, [alarm(1, 50, { state: 'normal' })], alarmOpen)).toBe(list);
    expect(mergeOpen(list, [alarm(9, 500, { state: 'normal' })], alarmOpen)).toBe(list);
    expect(mergeOpen(list, [], alarmOpen)).toBe(list);
  });
  it('changes what a page of the past has, and nothing else', () => {
    expect(mergeInto(list, [alarm(2, 300, { state: 'normal' })]).map((a) => a.state)).toEqual(['unacknowledged', 'normal']);
    expect(mergeInto(list, [alarm(9, 300)])).toBe(list);
  });
  it('that came while an answer was on its way is known', () => {
    const lately = new Lately<number>(3);
    lately.add([1]);
    const mark = lately.mark();
    lately.add([2, 3]);
    expect(lately.since(mark)).toEqual([2, 3]);
    lately.add([4, 5]);
    expect(lately.since(mark)).toEqual([3, 4, 5]);
  });
});

describe('a live event', () => {
  it('that cannot be read asks for everything anew', () => {
    for (const bad of ['', 'null', '[]', '{"alarms":1}', '{']) expect(parseChanges(bad), bad).toEqual({ reload: true, alarms: [], tickets: [] });
    expect(parseChanges('{"alarms":[],"tickets":[]}')).toEqual({ reload: false, alarms: [], tickets: [] });
  });
  it('comes into the list, the pages of the past and the alarm that is open', () => {
    const client = new QueryClient();
    client.setQueryData(dutyKey.openAlarms, [alarm(1, 100)]);
    client.setQueryData(dutyKey.alarms('x=1'), { pages: [[alarm(1, 100)], [alarm(0, 10)]], pageParams: ['', 'A1'] });
    client.setQueryData(dutyKey.alarm('A1'), { alarm: alarm(1, 100), transitions: [] });
    const acked = alarm(1, 200, { state: 'acknowledged' });
    applyChanges(client, newDutyNews(), { alarms: [acked], tickets: [] });
    expect(client.getQueryData(dutyKey.openAlarms)).toEqual([acked]);
    expect(client.getQueryData<{ pages: Alarm[][] }>(dutyKey.alarms('x=1'))?.pages[0]).toEqual([acked]);
    expect(client.getQueryData<{ alarm: Alarm }>(dutyKey.alarm('A1'))?.alarm.state).toBe('acknowledged');
    expect(client.getQueryState(dutyKey.alarm('A1'))?.isInvalidated).toBe(true);
    expect(client.getQueryState(dutyKey.openAlarms)?.isInvalidated).toBe(false);
    applyChanges(client, newDutyNews(), { reload: true, alarms: [], tickets: [] });
    expect(client.getQueryState(dutyKey.openAlarms)?.isInvalidated).toBe(true);
    expect(client.getQueryData(dutyKey.openTickets)).toBeUndefined();
  });
});
