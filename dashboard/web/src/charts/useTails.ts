import { useEffect, useRef } from 'react';
import type { Sample } from '../api/types';
import { useLive } from '../live/hooks';
import { push } from './series';

/**
 * What has come live for some points since they are shown, outside React. A
 * value that went stale keeps the time of its reading, so the change itself is
 * put at the present: the sample was good when it was taken.
 */
export function useTails(asset: string, points: readonly string[], keepMs: number, onChange: () => void) {
  const { store, clock } = useLive();
  const tails = useRef(new Map<string, Sample[]>());
  const names = points.join('\n');
  useEffect(() => {
    const map = tails.current;
    const ends = names.split('\n').map((name) => {
      const tail: Sample[] = map.get(name) ?? [];
      map.set(name, tail);
      const take = () => {
        const v = store.value(asset, name);
        if (v.time === 0) return;
        const last = tail.at(-1);
        const again = last !== undefined && v.time <= last[0] && (last[2] ?? 'good') !== v.quality;
        const at = v.quality === 'stale' || (again && v.quality !== 'good') ? clock.now() : v.time;
        push(tail, v.quality === 'good' ? [at, v.number] : [at, v.number, v.quality], clock.now() - keepMs);
        onChange();
      };
      take();
      return store.subscribe(`point:${asset}/${name}`, take);
    });
    return () => {
      for (const end of ends) end();
    };
  }, [asset, names, keepMs, store, clock, onChange]);
  return tails;
}
