import type { Language, Point, Text } from '../api/types';
import { formatExact, formatUnit, textIn } from '../points/format';

/** At most so many lines at once on an asset's page: there are as many colours. */
export const MAX_TRENDS = 6;
/** At most so many lines of any assets at once; beyond six, colour and dash together tell them apart. */
export const MAX_COMPARED = 20;

/** What a rule says of its asset, as far as a chart asks. */
export interface Judged {
  readonly id: string;
  readonly title: Text;
  readonly condition: string;
  readonly priority: string;
  readonly watching: boolean;
  readonly numbers?: Readonly<Record<string, number>> | null;
}

/** A number that a rule holds a point to. */
export interface Limit {
  readonly value: number;
  readonly above: boolean; // trouble lies above it
  readonly rule: string;
  readonly priority: string;
  readonly title: Text;
}

const TURNED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

/** A comparison of two sides, the first of an alternative of a condition. */
const COMPARISON = /(abs\()?([a-z_]\w*|-?\d+(?:\.\d+)?)\)?\s*(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?|[a-z_]\w*)(?![\w.(])/;

/** Behind a number, and its unit, more is counted: it is no limit by itself. */
const COUNTED_ON = /^\s*(?:(?!and\b|or\b)[^\s()\d*/+-]\S*\s+)?[-*/+]\s*[\w(]/;

/**
 * The limits that rules hold a point to, read from their conditions: of each
 * alternative the first comparison, when it is of the point alone with a
 * number, written out or by its name; what is said behind "and" only narrows
 * it. What a rule says in another way has no line, nor has when it is over,
 * which stands behind a semicolon, or that something stands still.
 */
export function limitsOf(rules: readonly Judged[], point: string): Limit[] {
  const out = new Map<string, Limit>();
  const numberIn = (r: Judged, said: string) => (/^-?\d/.test(said) ? Number(said) : r.numbers?.[said]);
  for (const r of rules) {
    if (!r.watching) continue;
    const [when = ''] = r.condition.split(';');
    for (const part of when.split(/\bor\b|\|\|/)) {
      const m = COMPARISON.exec(part);
      if (!m || /[-*/+%]\s*$/.test(part.slice(0, m.index)) || COUNTED_ON.test(part.slice(m.index + m[0].length))) continue;
      const [, abs, left = '', sign = '', right = ''] = m;
      const turned = right === point;
      if (!turned && left !== point) continue;
      const value = numberIn(r, turned ? left : right);
      if (value === undefined || !Number.isFinite(value)) continue;
      const above = (turned ? TURNED[sign] : sign)?.startsWith('>') === true;
      if (abs !== undefined && !above) continue;
      for (const v of abs === undefined ? [value] : [value, -value]) {
        const limit = { value: v, above: v === value ? above : !above, rule: r.id, priority: r.priority, title: r.title };
        const key = `${v}${limit.above ? '>' : '<'}`;
        if (!out.has(key)) out.set(key, limit);
      }
    }
  }
  return [...out.values()].sort((a, b) => a.value - b.value);
}

/**
 * Limits with what they are called. Of a pair about zero the upper one speaks
 * for both, and the lower one has no words.
 */
export function limitTexts(limits: readonly Limit[], p: Point, language: Language): readonly { readonly value: number; readonly text: string }[] {
  return limits.map((x) => {
    const paired = x.value !== 0 && limits.some((y) => y.rule === x.rule && y.value === -x.value);
    if (paired && x.value < 0) return { value: x.value, text: '' };
    const number = formatExact(x.value, language);
    const sign = paired ? '±' : x.above ? '> ' : '< ';
    const unit = formatUnit(p.unit);
    return { value: x.value, text: `${sign}${number}${unit === '' ? '' : ` ${unit}`} · ${x.priority} ${textIn(x.title, language)}` };
  });
}
