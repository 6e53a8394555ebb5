import type { Asset, Point } from '../api/types';
import { isAbnormal } from '../points/abnormal';
import type { Change } from './store';
import type { LiveValue } from './value';

/** One thing that happened to one asset while the page was open. */
export interface Happening {
  readonly id: number;
  readonly time: number; // the server's clock, ms
  readonly asset: Asset;
  readonly point: Point;
  readonly old: LiveValue;
  readonly next: LiveValue;
  readonly more: number; // further points of the asset that went the same way
}

/** What is too common to be news: which points of which kind come and go all day. */
export type Routine = (kind: string, point: string) => boolean;

const usable = (v: LiveValue) => v.number !== null && (v.quality === 'good' || v.quality === 'uncertain');

/** Whether a change is one of state: of quality, of a bool or an enum, of a code. Measurements are not news. */
export function isNews(c: Change, routine: Routine): boolean {
  if (c.old.quality !== c.next.quality) return true;
  if (!usable(c.old) || !usable(c.next)) return false;
  if (isAbnormal(c.point, c.old) || isAbnormal(c.point, c.next)) return true;
  if (c.point.type !== 'bool' && c.point.type !== 'enum') return false;
  return !routine(c.asset.kind, c.point.name);
}

/** The newest state changes, newest first, never more than the limit. */
export class Changes {
  private list: readonly Happening[] = [];
  private next = 1;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly now: () => number,
    private readonly routine: Routine,
    private readonly limit = 60,
  ) {}

  /** Takes the changes of one frame. Points of one asset that change quality alike are one happening. */
  take = (changes: readonly Change[]): void => {
    const made: Happening[] = [];
    const alike = new Map<string, number>();
    for (const c of changes) {
      if (!isNews(c, this.routine)) continue;
      if (c.old.quality !== c.next.quality) {
        const key = `${c.asset.id} ${c.old.quality} ${c.next.quality}`;
        const at = alike.get(key);
        const first = at === undefined ? undefined : made[at];
        if (at !== undefined && first) {
          made[at] = { ...first, more: first.more + 1 };
          continue;
        }
        alike.set(key, made.length);
      }
      made.push({ id: this.next++, time: this.now(), asset: c.asset, point: c.point, old: c.old, next: c.next, more: 0 });
    }
    if (made.length === 0) return;
    this.list = [...made.reverse(), ...this.list].slice(0, this.limit);
    for (const l of this.listeners) l();
  };

  /** The same list until something happens. */
  all = (): readonly Happening[] => this.list;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}
