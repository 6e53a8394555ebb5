import type { Quality, Sample } from '../api/types';

/** A stretch of time in which a point was not good. */
export interface Run {
  readonly from: number; // ms
  readonly to: number; // ms
  readonly quality: Quality;
}

export interface Track {
  readonly samples: readonly Sample[]; // in order of time
  readonly gapMs: number; // a longer silence is a gap
  readonly stepped: boolean; // holds its value until the next one
}

/** What a panel draws: one list of times and, for each track, a list as long. */
export interface Plot {
  readonly times: number[]; // ms
  readonly ys: (number | null | undefined)[][]; // null: a gap; undefined: no sample here, the line goes on
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

/** A track's drawn points: gaps are explicit, a held value reaches to now. */
function drawn(track: Track, until: number): [number, number | null][] {
  const out: [number, number | null][] = [];
  let before: Sample | undefined;
  for (const s of track.samples) {
    if (before && s[0] - before[0] > track.gapMs && out.at(-1)?.[1] !== null) {
      if (track.stepped) out.push([before[0] + track.gapMs, before[1]]);
      out.push([before[0] + (track.stepped ? track.gapMs + 1 : 1), null]);
    }
    out.push([s[0], s[1]]);
    before = s;
  }
  if (track.stepped && before && before[1] !== null && until > before[0]) {
    out.push([Math.min(until, before[0] + track.gapMs), before[1]]);
  }
  return out;
}

/** Lays tracks with times of their own onto one list of times. */
export function plot(tracks: readonly Track[], until: number): Plot {
  const columns = tracks.map((t) => new Map(drawn(t, until)));
  const times = [...new Set(columns.flatMap((c) => [...c.keys()]))].sort((a, b) => a - b);
  return {
    times,
    ys: columns.map((c) => times.map((x) => c.get(x))),
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
