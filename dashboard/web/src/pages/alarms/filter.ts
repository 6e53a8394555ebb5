import { alarmOpen } from '../../duty/order';
import { ALARM_STATES, type Alarm, type AlarmState, PRIORITIES, type Priority } from '../../duty/types';

/** What the page shows; all of it is in the address. */
export interface AlarmFilter {
  readonly tab: 'open' | 'history';
  readonly state: readonly AlarmState[];
  readonly priority: readonly Priority[];
  readonly area: string;
  readonly asset: string;
  readonly rule: string;
  readonly id: readonly string[]; // what stands behind a figure
  readonly alarm: string; // the one that is looked into
}

const words = (text: string | null): string[] => (text ?? '').split(',').filter(Boolean);

export function readAlarmFilter(q: URLSearchParams): AlarmFilter {
  const among = <T extends string>(name: string, all: readonly T[]) => {
    const asked = words(q.get(name));
    return all.filter((x) => asked.includes(x));
  };
  return {
    tab: q.get('tab') === 'history' ? 'history' : 'open',
    state: among('state', ALARM_STATES),
    priority: among('priority', PRIORITIES),
    area: q.get('area') ?? '',
    asset: q.get('asset') ?? '',
    rule: q.get('rule') ?? '',
    id: words(q.get('id')),
    alarm: q.get('alarm') ?? '',
  };
}

/** The filter as a query of the gateway's lists. */
export function alarmQuery(f: AlarmFilter): URLSearchParams {
  const q = new URLSearchParams();
  if (f.state.length > 0) q.set('state', f.state.join(','));
  if (f.priority.length > 0) q.set('priority', f.priority.join(','));
  if (f.area !== '') q.set('area', f.area);
  if (f.asset !== '') q.set('asset', f.asset);
  if (f.rule !== '') q.set('rule', f.rule);
  if (f.id.length > 0) q.set('id', f.id.join(','));
  return q;
}

export function writeAlarmFilter(f: AlarmFilter): URLSearchParams {
  const q = alarmQuery(f);
  if (f.tab !== 'open') q.set('tab', f.tab);
  if (f.alarm !== '') q.set('alarm', f.alarm);
  return q;
}

/** How many things the list is narrowed by. */
export function narrowedBy(f: AlarmFilter): number {
  return [f.state.length, f.priority.length, f.area, f.asset, f.rule].filter((x) => x !== '' && x !== 0).length;
}

export const NO_FILTER = { state: [], priority: [], area: '', asset: '', rule: '', id: [] } as const;

/** Whether an open alarm is among those asked for. over gives the areas over an asset, and its own. */
export function alarmMatches(a: Alarm, f: AlarmFilter, over: (asset: string) => readonly string[]): boolean {
  return (
    alarmOpen(a) &&
    (f.state.length === 0 || f.state.includes(a.state)) &&
    (f.priority.length === 0 || f.priority.includes(a.priority)) &&
    (f.asset === '' || a.asset === f.asset) &&
    (f.rule === '' || a.rule === f.rule) &&
    (f.area === '' || over(a.asset).includes(f.area))
  );
}
