import type { Asset, Point } from '../api/types';
import { isAbnormal } from '../points/abnormal';
import type { Change } from './store';
import type { LiveValue } from './value';

/** One thing that happened to one asset. */
export interface Happening {
  readonly id: number;
  readonly time: number; // the server's clock, ms
  readonly asset: Asset;
  readonly point: Point;
  readonly old: LiveValue;
  readonly next: LiveValue;
  readonly more: number; // further points of the asset that went the same way
}

const SAME_MS = 3000; // between the server's note of a change and the page's
const PAST_MS = 3_600_000;

const usable = (v: LiveValue) => v.number !== null && (v.quality === 'good' || v.quality === 'uncertain');

/**
 * Whether a change is one of state: of quality, of a bool or an enum, of a
 * code. Measurements are not news, nor is what comes and goes all day. The
 * server goes by the same rule.
 */
export function isNews(c: Change): boolean {
  if (c.old.quality === 'unknown') return false; // said for the first time
  if (c.old.quality !== c.next.quality) return true;
  if (!usable(c.old) || !usable(c.next)) return false;
  if (isAbnormal(c.point, c.old) || isAbnormal(c.point, c.next)) return true;
  if (c.point.type !== 'bool' && c.point.type !== 'enum') return false;
  return c.point.routine !== true;
}

/** The newest state changes, newest first, never more than the limit. */
export class Changes {
  private list: readonly Happening[] = [];
  private next = 1;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly now: () => number,
    private readonly limit = 60,
  ) {}

  /** Takes the changes of one frame. Points of one asset that change quality alike are one happening. */
  take = (changes: readonly Change[]): void => {
    const made: Happening[] = [];
    const alike = new Map<string, number>();
    for (const c of changes) {
      if (!isNews(c)) continue;
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
    if (made.length > 0) this.tell([...made.reverse(), ...this.list]);
  };

  /** Takes what happened before the page was open, newest first; what it has seen itself is left out. */
  before = (past: readonly Omit<Happening, 'id'>[]): void => {
    const seen = (p: Omit<Happening, 'id'>) =>
      this.list.some((h) => h.asset.id === p.asset.id && h.point.name === p.point.name && h.next.number === p.next.number && h.next.quality === p.next.quality && Math.abs(h.time - p.time) < SAME_MS);
    const older = past.filter((p) => this.now() - p.time < PAST_MS && !seen(p)).map((p) => ({ ...p, id: this.next++ }));
    if (older.length > 0) this.tell([...this.list, ...older].sort((a, b) => b.time - a.time));
  };

  private tell(list: readonly Happening[]): void {
    this.list = list.slice(0, this.limit);
    for (const l of this.listeners) l();
  }

  /** The same list until something happens. */
  all = (): readonly Happening[] => this.list;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}
