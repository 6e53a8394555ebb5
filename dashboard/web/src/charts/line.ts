import type { Asset, Point, Sample } from '../api/types';
import type { Language } from '../api/types';
import { pointTitle, textIn } from '../points/format';

/** One line of a chart: a point of an asset and the look that it keeps. */
export interface Line {
  readonly asset: Asset;
  readonly point: Point;
  readonly style: number;
}

/** What is stored of a line over a window. */
export interface Stored {
  readonly samples: readonly Sample[];
  readonly low: readonly Sample[]; // of each step; empty where nothing lies below
  readonly high: readonly Sample[];
  readonly stepMs: number; // 0: raw samples
}

const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 2]];
const COLOURS = 6;

export const keyOf = (l: Line): string => `${l.asset.id}/${l.point.name}`;
export const isCoded = (p: Point): boolean => p.type === 'bool' || p.type === 'enum';
export const colourOf = (l: Line): string => `--series-${l.style % COLOURS}`;

/** The dash of the nth line of a panel: no two lines share both colour and dash. */
export function dashOf(n: number): readonly number[] {
  return DASHES[(n + Math.floor(n / COLOURS)) % DASHES.length] ?? [];
}

/** What a line is called: with its asset where the chart has several. */
export function nameOf(l: Line, language: Language, withAsset: boolean): string {
  const point = pointTitle(l.point, language);
  return withAsset ? `${textIn(l.asset.name, language) || l.asset.id} · ${point}` : point;
}

/** Numbers of one unit share a panel; a bool or an enum has one of its own. */
export function panelsOf(lines: readonly Line[]): [string, Line[]][] {
  const panels = new Map<string, Line[]>();
  for (const l of lines) {
    const key = isCoded(l.point) ? `point:${keyOf(l)}` : `unit:${l.point.unit ?? ''}`;
    panels.set(key, [...(panels.get(key) ?? []), l]);
  }
  return [...panels];
}
