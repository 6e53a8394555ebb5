import type { Language, Point } from '../api/types';
import { formatNumber, formatUnit, textIn } from './format';

/** Translates a key. */
export type Translate = (key: string, values?: Record<string, string | number>) => string;

/** What a bool's two states are called. */
export type BoolWords = 'wet' | 'rain' | 'running' | 'open' | 'closed' | 'fault' | 'online' | 'switch' | 'yes';

const WORDS: readonly (readonly [RegExp, BoolWords])[] = [
  [/(^|_)leak$/, 'wet'],
  [/^rain$/, 'rain'],
  [/(^|_)running$/, 'running'],
  [/(^|_)open$/, 'open'],
  [/^closed$/, 'closed'],
  [/(^|_)(fault|alarm|warning|trip)$/, 'fault'],
  [/^online$/, 'online'],
  [/^(di|do|relay)\d+$/, 'switch'],
];

/** Chooses the words for a bool by its canonical name. */
export function boolWords(name: string): BoolWords {
  return WORDS.find(([of]) => of.test(name))?.[1] ?? 'yes';
}

/** A value in words or digits, and its unit apart, so that units can line up. */
export interface Shown {
  readonly text: string;
  readonly unit: string;
}

/** How a point's number is shown to a person. */
export function showNumber(point: Point, n: number, language: Language, t: Translate): Shown {
  switch (point.type) {
    case 'bool': {
      const label = point.labels?.find((l) => l.code === n);
      if (label) return { text: textIn(label.text, language) || label.name, unit: '' };
      return { text: t(`bool.${boolWords(point.name)}.${n === 0 ? 'false' : 'true'}`), unit: '' };
    }
    case 'enum': {
      const label = point.labels?.find((l) => l.code === n);
      if (label) return { text: textIn(label.text, language) || label.name, unit: '' };
      return { text: t('value.code', { code: n }), unit: '' };
    }
    case 'int':
    case 'float':
      return { text: formatNumber(n, point.decimals, language), unit: formatUnit(point.unit) };
  }
}
