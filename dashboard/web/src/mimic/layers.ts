// Layers and places of a graph without circles: who feeds stands above whom it feeds.

export interface Box {
  readonly key: string;
  readonly width: number;
  readonly height: number;
}

export interface Placed {
  readonly key: string;
  readonly layer: number;
  x: number; // of its middle
}

type Edge = readonly [string, string];

/** Where a long line passes a layer between its ends. */
export const isBend = (key: string) => key.startsWith('bend ');

/** The layer of each key: one below its lowest feeder; who is fed by nobody stands on top. */
export function ranks(keys: readonly string[], edges: readonly Edge[]): Map<string, number> {
  const feeders = new Map<string, string[]>();
  for (const [f, id] of edges) feeders.set(id, [...(feeders.get(id) ?? []), f]);
  const out = new Map<string, number>();
  const rank = (k: string): number => {
    const known = out.get(k);
    if (known !== undefined) return known;
    const r = (feeders.get(k) ?? []).reduce((m, f) => Math.max(m, rank(f) + 1), 0);
    out.set(k, r);
    return r;
  };
  keys.forEach(rank);
  return out;
}

/** Splits lines over several layers into steps of one. */
export function split(edges: readonly Edge[], rank: Map<string, number>): Edge[] {
  return edges.flatMap(([f, id]) => {
    const from = rank.get(f) ?? 0;
    const to = rank.get(id) ?? 0;
    const chain = [f];
    for (let r = from + 1; r < to; r++) {
      const bend = `bend ${f} ${id} ${r}`;
      rank.set(bend, r);
      chain.push(bend);
    }
    chain.push(id);
    return chain.slice(1).map((k, i): Edge => [chain[i] ?? f, k]);
  });
}

function neighbours(edges: readonly Edge[]): { up: Map<string, string[]>; down: Map<string, string[]> } {
  const up = new Map<string, string[]>();
  const down = new Map<string, string[]>();
  for (const [f, id] of edges) {
    down.set(f, [...(down.get(f) ?? []), id]);
    up.set(id, [...(up.get(id) ?? []), f]);
  }
  return { up, down };
}

const mean = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0) / xs.length;

/** Orders each layer so that lines cross little: by the mean place of the neighbours, down and up in turn. */
export function order(rank: ReadonlyMap<string, number>, edges: readonly Edge[]): string[][] {
  const full = Array.from({ length: Math.max(-1, ...rank.values()) + 1 }, (): string[] => []);
  for (const [k, r] of rank) full[r]?.push(k);
  const { up, down } = neighbours(edges);
  const place = new Map<string, number>();
  const note = (l: readonly string[]) => l.forEach((k, i) => place.set(k, i));
  full.forEach(note);
  for (let sweep = 0; sweep < 6; sweep++) {
    const near = sweep % 2 === 0 ? up : down;
    const turn = sweep % 2 === 0 ? full : [...full].reverse();
    for (const l of turn) {
      const want = new Map(
        l.map((k, i) => {
          const at = (near.get(k) ?? []).map((n) => place.get(n) ?? 0);
          return [k, at.length === 0 ? i : mean(at)];
        }),
      );
      l.sort((a, b) => (want.get(a) ?? 0) - (want.get(b) ?? 0));
      note(l);
    }
  }
  return full;
}

/**
 * The places nearest to the wanted ones (least squares) that keep the order
 * and the distances between neighbours: pools of adjacent violators.
 */
export function nearest(want: readonly number[], gaps: readonly number[]): number[] {
  const offset = [0];
  for (let i = 1; i < want.length; i++) offset.push((offset[i - 1] ?? 0) + (gaps[i - 1] ?? 0));
  const pools: { sum: number; n: number }[] = [];
  want.forEach((w, i) => {
    pools.push({ sum: w - (offset[i] ?? 0), n: 1 });
    for (;;) {
      const b = pools.at(-1);
      const a = pools.at(-2);
      if (!a || !b || a.sum / a.n <= b.sum / b.n) break;
      pools.splice(-2, 2, { sum: a.sum + b.sum, n: a.n + b.n });
    }
  });
  return pools.flatMap((p) => Array<number>(p.n).fill(p.sum / p.n)).map((x, i) => x + (offset[i] ?? 0));
}

/** Places the keys of each layer: near the middle of their neighbours, never closer than their widths allow. */
export function place(layers: readonly (readonly string[])[], edges: readonly Edge[], width: (key: string) => number, gap: number): Map<string, number> {
  const { up, down } = neighbours(edges);
  const x = new Map<string, number>();
  const gaps = layers.map((l) => l.slice(1).map((k, i) => (width(l[i] ?? k) + width(k)) / 2 + gap));
  layers.forEach((l, r) => nearest(l.map(() => 0), gaps[r] ?? []).forEach((at, i) => x.set(l[i] ?? '', at)));
  for (let sweep = 0; sweep < 12; sweep++) {
    const near = sweep % 2 === 0 ? up : down;
    layers.forEach((_, i) => {
      const r = sweep % 2 === 0 ? i : layers.length - 1 - i;
      const l = layers[r] ?? [];
      const want = l.map((k) => {
        const at = (near.get(k) ?? []).map((n) => x.get(n) ?? 0);
        return at.length === 0 ? (x.get(k) ?? 0) : mean(at);
      });
      nearest(want, gaps[r] ?? []).forEach((at, j) => x.set(l[j] ?? '', at));
    });
  }
  return x;
}

/** A net: one feeder's line to those it feeds in the next layer. */
export interface Net {
  readonly from: number; // x
  readonly to: readonly number[]; // x of each end
}

/**
 * Gives each net a lane between two layers, so that no two lie on each other.
 * A net that leaves where another one ends takes a higher lane, or the two would touch.
 */
export function lanes(nets: readonly Net[]): number[] {
  const span = nets.map((n) => [Math.min(n.from, ...n.to), Math.max(n.from, ...n.to)] as const);
  const touches = (a: number, b: number) => nets[b]?.to.some((x) => Math.abs(x - (nets[a]?.from ?? 0)) < 1) === true;
  const turn = nets.map((_, i) => i).sort((a, b) => Number(touches(b, a)) - Number(touches(a, b)) || (span[a]?.[0] ?? 0) - (span[b]?.[0] ?? 0));
  const out = nets.map(() => 0);
  const taken: number[][] = [];
  for (const i of turn) {
    const [low, high] = span[i] ?? [0, 0];
    const clear = (lane: number) =>
      (taken[lane] ?? []).every((j) => (span[j]?.[1] ?? 0) < low - 1 || (span[j]?.[0] ?? 0) > high + 1);
    let lane = 0;
    while (!clear(lane)) lane++;
    out[i] = lane;
    (taken[lane] ??= []).push(i);
  }
  return out;
}
