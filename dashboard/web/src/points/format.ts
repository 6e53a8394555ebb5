import type { Language, Point, Text } from '../api/types';

/** The text in the language, or the other one where that is empty. */
export function textIn(text: Text, language: Language): string {
  const other = language === 'zh' ? text.en : text.zh;
  return text[language] || other;
}

const numbers = new Map<string, Intl.NumberFormat>();

/** A number with a fixed count of decimals, grouped. Zero is never negative. */
export function formatNumber(n: number, decimals: number, language: Language): string {
  const digits = Math.min(Math.max(Math.trunc(decimals), 0), 10);
  const key = `${language}${digits}`;
  let f = numbers.get(key);
  if (!f) {
    f = new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-US', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: 'negative',
    });
    numbers.set(key, f);
  }
  return f.format(n);
}

/** A number of unknown kind with three or so significant digits, for axes and rates. */
export function formatShort(n: number, language: Language): string {
  const size = Math.abs(n);
  return formatNumber(n, size >= 100 || Number.isInteger(n) ? 0 : size >= 10 ? 1 : 2, language);
}

/** A number that somebody set, with the decimals it has itself: 6.5, 0.25, 1,000. */
export function formatExact(n: number, language: Language): string {
  return formatNumber(n, /\.(\d*?)0*$/.exec(n.toFixed(10))?.[1]?.length ?? 0, language);
}

const UNITS: Readonly<Record<string, string>> = {
  degC: '°C',
  degF: '°F',
  m3: 'm³',
  'm3/h': 'm³/h',
  'm3/s': 'm³/s',
  m2: 'm²',
  'm/s2': 'm/s²',
  ohm: 'Ω',
  kohm: 'kΩ',
  ug: 'µg',
  'ug/m3': 'µg/m³',
  deg: '°',
  floor: '', // the point's title says it
};

/** A unit as people write it. */
export function formatUnit(unit: string | undefined): string {
  if (unit === undefined || unit === '1') return '';
  return UNITS[unit] ?? unit;
}

/** The names of time's parts in the language. */
export interface TimeWords {
  readonly ms: string;
  readonly s: string;
  readonly min: string;
  readonly h: string;
  readonly d: string;
}

/** A length of time in its largest unit, rounded down; never negative. */
export function formatAge(ms: number, w: TimeWords): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 100) return `${s} ${w.s}`;
  if (s < 100 * 60) return `${Math.floor(s / 60)} ${w.min}`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} ${w.h}`;
  return `${Math.floor(s / 86_400)} ${w.d}`;
}

/** A duration with its two largest units: 1 h 20 min, 14 d, 350 ms. */
export function formatDuration(ms: number, w: TimeWords): string {
  if (ms < 0) return `-${formatDuration(-ms, w)}`;
  if (ms < 1000) return `${Math.round(ms)} ${w.ms}`;
  const s = Math.round(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(s / 86_400), w.d],
    [Math.floor(s / 3600) % 24, w.h],
    [Math.floor(s / 60) % 60, w.min],
    [s % 60, w.s],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, u]) => `${n} ${u}`)
    .join(' ');
}

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A size in binary units. */
export function formatBytes(n: number, language: Language): string {
  let i = 0;
  let x = n;
  while (Math.abs(x) >= 1024 && i < BYTES.length - 1) {
    x /= 1024;
    i++;
  }
  return `${formatNumber(x, i === 0 || Math.abs(x) >= 100 ? 0 : Math.abs(x) >= 10 ? 1 : 2, language)} ${BYTES[i] ?? ''}`;
}

/** A share of 0 to 1 as percent. */
export function formatShare(x: number, language: Language): string {
  const percent = x * 100;
  return `${formatNumber(percent, percent > 0 && percent < 10 ? 1 : 0, language)} %`;
}

/** The zone if this browser knows it, else UTC. */
export function knownZone(zone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return 'UTC';
  }
}

export type TimeShape = 'full' | 'day' | 'minute' | 'second';

// Where each shape lies in 2026-03-01 12:03:22.
const CUT: Readonly<Record<TimeShape, readonly [number, number]>> = {
  full: [0, 19],
  day: [5, 10],
  minute: [11, 16],
  second: [11, 19],
};
const times = new Map<string, Intl.DateTimeFormat>();

/** An instant in the zone: 2026-03-01 12:03:22 or a part of it, the same in both languages. */
export function formatTime(ms: number, zone: string, shape: TimeShape = 'full'): string {
  let f = times.get(zone);
  if (!f) {
    // Swedish writes a whole date as ISO does, which nobody reads the wrong way round.
    f = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: knownZone(zone) });
    times.set(zone, f);
  }
  return f.format(ms).slice(...CUT[shape]);
}

/** The title of a point, or its canonical name. */
export function pointTitle(p: Point, language: Language): string {
  return textIn(p.title, language) || p.name;
}

/** The plausible range beyond which a reading is bad: "0 … 400 V", "≥ 0 A"; empty where there is none. */
export function limitsText(p: Point, language: Language): string {
  const say = (n: number) => formatExact(n, language);
  const unit = formatUnit(p.unit);
  const low = p.min ?? null;
  const high = p.max ?? null;
  const range = low !== null && high !== null ? `${say(low)} … ${say(high)}` : low !== null ? `≥ ${say(low)}` : high !== null ? `≤ ${say(high)}` : '';
  return range === '' ? '' : `${range} ${unit}`.trim();
}
