import type { Quality, Sample } from '../api/types';

/** A stretch of time in which a point was not good. */
export interface Run {
  readonly from: number; // ms
  readonly to: number; // ms
  readonly quality: Quality;
}

export interface Track {
  readonly samples: readonly Sample[]; // in order of time
  readonly low?: readonly Sample[]; // the least of each step
  readonly high?: readonly Sample[];
  readonly gapMs: number; // a longer silence is a gap
  readonly stepped: boolean; // holds its value until the next one
}

export type Column = (number | null | undefined)[];

/** What a panel draws: one list of times and, for each track, a list as long. */
export interface Plot {
  readonly times: number[]; // ms
  readonly ys: Column[]; // null: a gap; undefined: no sample here, the line goes on
  readonly lows: Column[]; // per track; empty where it has no envelope
  readonly highs: Column[];
  readonly runs: Run[][]; // per track
}

export const qualityOf = (s: Sample): Quality => s[2] ?? 'good';

/**
 * History with what has come live since. History lags a moment behind and its
 * last step is still filling, so live samples start behind that step.
 */
export function join(history: readonly Sample[], tail: readonly Sample[], stepMs: number): Sample[] {
  const last = history.at(-1);
  if (!last) return [...tail];
  return [...history, ...tail.filter((s) => s[0] > last[0] && s[0] >= last[0] + stepMs)];
}

/** Adds a live sample to a tail in order of time and lets go of what is too old. */
export function push(tail: Sample[], s: Sample, keepFrom: number): void {
  const last = tail.at(-1);
  if (last && s[0] < last[0]) return; // a late one belongs to history
  if (last?.[0] === s[0]) tail.pop();
  tail.push(s);
  let drop = 0;
  while (drop < tail.length && (tail[drop]?.[0] ?? 0) < keepFrom) drop++;
  if (drop > 0) tail.splice(0, drop);
}

/** The stretches of a track that were not good, until the next sample or now. */
export function runsOf(samples: readonly Sample[], until: number): Run[] {
  const runs: Run[] = [];
  samples.forEach((s, i) => {
    const quality = qualityOf(s);
    if (quality === 'good') return;
    const to = samples[i + 1]?.[0] ?? Math.max(until, s[0]);
    const last = runs.at(-1);
    if (last?.quality === quality && last.to === s[0]) runs[runs.length - 1] = { ...last, to };
    else runs.push({ from: s[0], to, quality });
  });
  return runs;
}

/** Times and numbers apart. */
interface Drawn {
  readonly times: number[];
  readonly numbers: (number | null)[];
}

/** A track's drawn points: gaps are explicit, a held value reaches to now. */
function drawn(samples: readonly Sample[], track: Track, until: number): Drawn {
  const times: number[] = [];
  const numbers: (number | null)[] = [];
  const put = (at: number, n: number | null) => {
    times.push(at);
    numbers.push(n);
  };
  let before: Sample | undefined;
  for (const s of samples) {
    if (before && s[0] - before[0] > track.gapMs && numbers.at(-1) !== null) {
      if (track.stepped) put(before[0] + track.gapMs, before[1]);
      put(before[0] + (track.stepped ? track.gapMs + 1 : 1), null);
    }
    put(s[0], s[1]);
    before = s;
  }
  if (track.stepped && before && before[1] !== null && until > before[0]) {
    put(Math.min(until, before[0] + track.gapMs), before[1]);
  }
  return { times, numbers };
}

/** All times of some ordered lists, each once, in order. */
function union(lists: readonly (readonly number[])[]): number[] {
  const [first, ...rest] = lists;
  let all: readonly number[] = first ?? [];
  for (const list of rest) {
    const out: number[] = [];
    let i = 0;
    let j = 0;
    while (i < all.length || j < list.length) {
      const a = all[i] ?? Infinity;
      const b = list[j] ?? Infinity;
      out.push(Math.min(a, b));
      if (a <= b) i++;
      if (b <= a) j++;
    }
    all = out;
  }
  return [...all];
}

/** A track's numbers at all times; undefined where it has no sample of its own. */
function spread(d: Drawn, times: readonly number[]): Column {
  if (d.times.length === times.length) return d.numbers;
  let i = 0;
  return times.map((t) => (d.times[i] === t ? d.numbers[i++] : undefined));
}

/** Lays tracks with times of their own onto one list of times. */
export function plot(tracks: readonly Track[], until: number): Plot {
  const main = tracks.map((t) => drawn(t.samples, t, until));
  const edge = (of: readonly Sample[] | undefined, t: Track) => (of && of.length > 0 ? drawn(of, t, until) : null);
  const lows = tracks.map((t) => edge(t.low, t));
  const highs = tracks.map((t) => edge(t.high, t));
  const times = union([...main, ...lows, ...highs].flatMap((d) => (d ? [d.times] : [])));
  return {
    times,
    ys: main.map((d) => spread(d, times)),
    lows: lows.map((d) => (d ? spread(d, times) : [])),
    highs: highs.map((d) => (d ? spread(d, times) : [])),
    runs: tracks.map((t) => runsOf(t.samples, until)),
  };
}

/** The sample that a track had at an instant, or undefined in a gap. */
export function sampleAt(track: Track, at: number): Sample | undefined {
  const { samples } = track;
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((samples[mid]?.[0] ?? Infinity) <= at) low = mid + 1;
    else high = mid;
  }
  const s = samples[low - 1];
  return s && at - s[0] <= track.gapMs ? s : undefined;
}
