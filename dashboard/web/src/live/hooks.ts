import { createContext, use, useCallback, useSyncExternalStore } from 'react';
import type { DutyNews } from '../duty/live';
import type { Changes, Happening } from './changes';
import type { Clock } from './clock';
import type { Counts } from './counts';
import type { Line, LiveStore } from './store';
import type { LiveValue } from './value';
import type { Description } from './wire';

export interface Live {
  readonly store: LiveStore;
  readonly clock: Clock;
  readonly changes: Changes;
  readonly duty: DutyNews;
}

export const LiveContext = createContext<Live | null>(null);

export function useLive(): Live {
  const live = use(LiveContext);
  if (!live) throw new Error('useLive outside LiveProvider');
  return live;
}

function useKey<T>(key: string, get: (s: LiveStore) => T): T {
  const { store } = useLive();
  const subscribe = useCallback((f: () => void) => store.subscribe(key, f), [store, key]);
  return useSyncExternalStore(subscribe, () => get(store));
}

export const useDescription = (): Description | null => useKey('site', (s) => s.description());
export const useLine = (): Line => useKey('line', (s) => s.line());
export const useTotals = (): Counts => useKey('totals', (s) => s.totals());
export const useCountsVersion = (): number => useKey('counts', (s) => s.countsVersion());
/** Changes whenever any point's quality or trouble does. */
export const useFlagsVersion = (): number => useKey('flags', (s) => s.flagsVersion());
export const useAssetCounts = (id: string): Counts => useKey(`asset:${id}`, (s) => s.assetCounts(id));
export const useAssetFlags = (id: string): string => useKey(`asset:${id}`, (s) => s.assetFlags(id));
export const useAreaCounts = (id: string): Counts => useKey(`area:${id}`, (s) => s.areaCountsOf(id));
export const useLiveValue = (asset: string, point: string): LiveValue =>
  useKey(`point:${asset}/${point}`, (s) => s.value(asset, point));

/** Something made of the server's time; renders only when it changes. */
export function useEverySecond<T extends string | number>(make: (now: number) => T): T {
  const { clock } = useLive();
  return useSyncExternalStore(clock.subscribe, () => make(clock.tick()));
}

/** The newest state changes, newest first. */
export function useChanges(): readonly Happening[] {
  const { changes } = useLive();
  return useSyncExternalStore(changes.subscribe, changes.all);
}
