import { useCallback, useMemo, useSyncExternalStore } from 'react';
import type { Asset, Point } from '../api/types';
import { useLive, useLiveValue } from '../live/hooks';
import type { LiveValue } from '../live/value';
import { isAbnormal } from '../points/abnormal';
import { type Translate, showNumber } from '../points/display';
import { pointTitle } from '../points/format';
import { type Words, useText } from '../ui/useText';

/** One point of an asset as a drawing needs it. */
export interface Reading {
  readonly point: Point;
  readonly value: LiveValue;
  readonly number: number | null; // null unless it can be trusted
  readonly text: string; // the last number in words or digits; empty when there is none
  readonly unit: string;
  readonly abnormal: boolean;
}

export function trusted(v: LiveValue): boolean {
  return v.number !== null && (v.quality === 'good' || v.quality === 'uncertain');
}

export function readingOf(point: Point, value: LiveValue, language: Words['language'], t: Translate): Reading {
  const shown = value.number === null ? { text: '', unit: '' } : showNumber(point, value.number, language, t);
  return { point, value, number: trusted(value) ? value.number : null, ...shown, abnormal: isAbnormal(point, value) };
}

/** The live reading of a point; null when the asset has no such point: then nothing is drawn. */
export function useReading(asset: Asset, name: string): Reading | null {
  const { t, language } = useText();
  const value = useLiveValue(asset.id, name);
  const point = useMemo(() => asset.points.find((p) => p.name === name), [asset, name]);
  return point ? readingOf(point, value, language, t) : null;
}

/** True or false when that can be trusted; null when not, or when there is no such point. */
export function yes(r: Reading | null): boolean | null {
  return typeof r?.number !== 'number' ? null : r.number !== 0;
}

/** The name of an enum's state when it can be trusted, else ''. */
export function stateOf(r: Reading | null): string {
  if (typeof r?.number !== 'number') return '';
  return r.point.labels?.find((l) => l.code === r.number)?.name ?? '';
}

/** A reading as one spoken phrase: "Floor 7", "Battery: lost". */
export function phrase(r: Reading, { t, language }: Words): string {
  const title = pointTitle(r.point, language);
  const quality = t(`quality.${r.value.quality}`);
  if (r.text === '') return `${title}: ${quality}`;
  const value = `${r.text} ${r.unit}`.trim();
  return r.value.quality === 'good' ? `${title}: ${value}` : `${title}: ${value} (${quality})`;
}

function useSubscribe(asset: string, names: readonly string[]) {
  const { store } = useLive();
  return useCallback(
    (f: () => void) => {
      const ends = names.map((n) => store.subscribe(`point:${asset}/${n}`, f));
      return () => {
        for (const end of ends) end();
      };
    },
    [store, asset, names],
  );
}

/** What a drawing of some points says, in words, made of the same values. */
export function useSpoken(asset: Asset, names: readonly string[], head: string): string {
  const { store } = useLive();
  const words = useText();
  return useSyncExternalStore(useSubscribe(asset.id, names), () => {
    const parts = names.flatMap((n) => {
      const point = asset.points.find((p) => p.name === n);
      return point ? [phrase(readingOf(point, store.value(asset.id, n), words.language, words.t), words)] : [];
    });
    return [head, ...parts].join('; ');
  });
}

/** The time of the oldest of some points that were ever seen; 0 when none was. */
export function useOldest(asset: Asset, names: readonly string[]): number {
  const { store } = useLive();
  return useSyncExternalStore(useSubscribe(asset.id, names), () => {
    const times = names.map((n) => store.value(asset.id, n).time).filter((time) => time > 0);
    return times.length === 0 ? 0 : Math.min(...times);
  });
}

/** Some readings at once; each change of any of them renders the caller. */
export function useReadings(asset: Asset, names: readonly string[]): readonly (Reading | null)[] {
  const { store } = useLive();
  const { t, language } = useText();
  // The versions of the values, so that the snapshot is equal while they are.
  useSyncExternalStore(useSubscribe(asset.id, names), () =>
    names.map((n) => {
      const v = store.value(asset.id, n);
      return `${v.number} ${v.quality}`;
    }).join('|'),
  );
  return names.map((n) => {
    const point = asset.points.find((p) => p.name === n);
    return point ? readingOf(point, store.value(asset.id, n), language, t) : null;
  });
}

/** Whether a shape that stands for the reading must say trouble. */
export function shapeAlarm(r: Reading | null): boolean {
  return r?.abnormal === true;
}
