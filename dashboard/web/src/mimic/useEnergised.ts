import { useCallback, useMemo, useSyncExternalStore } from 'react';
import type { Asset } from '../api/types';
import { trusted } from '../faceplates/reading';
import { useLive } from '../live/hooks';
import { EVIDENCE, type Energy, energised } from './energised';

/** Whether each asset gives what it feeds; renders only when one of them begins or ceases to. */
export function useEnergised(assets: readonly Asset[], all: ReadonlyMap<string, Asset>): (id: string) => Energy {
  const { store } = useLive();
  const asked = useMemo(() => {
    const set = new Set<Asset>();
    const add = (a: Asset) => {
      if (set.has(a)) return;
      set.add(a);
      for (const f of a.fed_by ?? []) {
        const feeder = all.get(f);
        if (feeder) add(feeder);
      }
    };
    assets.forEach(add);
    return [...set];
  }, [assets, all]);
  const subscribe = useCallback(
    (f: () => void) => {
      const keys = asked.flatMap((a) => a.points.filter((p) => EVIDENCE.includes(p.name)).map((p) => `point:${a.id}/${p.name}`));
      const ends = keys.map((k) => store.subscribe(k, f));
      return () => {
        for (const end of ends) end();
      };
    },
    [asked, store],
  );
  const known = useSyncExternalStore(subscribe, () => {
    const made = energised(asked, all, (a, point) => {
      if (!a.points.some((p) => p.name === point)) return undefined;
      const v = store.value(a.id, point);
      return trusted(v) ? v.number : null;
    });
    return [...made].map(([id, e]) => `${id} ${e}`).join('\n');
  });
  return useMemo(() => {
    const map = new Map(known.split('\n').map((line) => line.split(' ') as [string, Energy]));
    return (id: string) => map.get(id) ?? 'unknown';
  }, [known]);
}
