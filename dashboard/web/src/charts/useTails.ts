import { useEffect, useRef } from 'react';
import type { Sample } from '../api/types';
import { useLive } from '../live/hooks';
import { type Line, keyOf } from './line';
import { push } from './series';

/**
 * What has come live for some lines since they are shown, outside React. A
 * value that went stale keeps the time of its reading, so the change itself is
 * put at the present: the sample was good when it was taken.
 */
export function useTails(lines: readonly Line[], keepMs: number, onChange: () => void) {
  const { store, clock } = useLive();
  const tails = useRef(new Map<string, Sample[]>());
  const keep = useRef(keepMs);
  useEffect(() => {
    keep.current = keepMs;
  }, [keepMs]);
  useEffect(() => {
    const map = tails.current;
    const ends = lines.map((line) => {
      const key = keyOf(line);
      const tail: Sample[] = map.get(key) ?? [];
      map.set(key, tail);
      const take = () => {
        const v = store.value(line.asset.id, line.point.name);
        if (v.time === 0) return;
        const last = tail.at(-1);
        const again = last !== undefined && v.time <= last[0] && (last[2] ?? 'good') !== v.quality;
        const at = v.quality === 'stale' || (again && v.quality !== 'good') ? clock.now() : v.time;
        push(tail, v.quality === 'good' ? [at, v.number] : [at, v.number, v.quality], clock.now() - keep.current);
        onChange();
      };
      take();
      return store.subscribe(`point:${key}`, take);
    });
    return () => {
      for (const end of ends) end();
    };
  }, [lines, store, clock, onChange]);
  return tails;
}
