import type { Asset } from '../api/types';
import { type Graph, type Item, graphOf } from './graph';
import { isBend, lanes, order, place, ranks, split } from './layers';

/** Sizes in px of the picture before it is zoomed. */
export const NODE = { width: 176, height: 146 };
const GAP = 20;
const LANE = 14;
const CHANNEL = 22; // above the first lane and below the last
const TITLE = 26;
const DROP = 20; // from a rack's bus to its nodes

export interface Node {
  readonly asset: Asset;
  readonly x: number; // left
  readonly y: number; // top
  readonly foreign: boolean;
}

/** A line of one feeder: straight pieces, all energised or none. */
export interface Line {
  readonly feeder: string;
  readonly d: string;
  readonly dots: readonly (readonly [number, number])[]; // where it branches
}

export interface Frame {
  readonly area: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly Node[];
  readonly lines: readonly Line[];
  readonly frames: readonly Frame[]; // titles over what stands alone
}

const widthOf = (i: Item) => i.columns * NODE.width + (i.columns - 1) * GAP;
const heightOf = (i: Item) => i.rows * NODE.height + (i.rows - 1) * (GAP + DROP) + (i.assets.length > 1 ? DROP : 0);

interface Drawing {
  nodes: Node[];
  lines: Line[];
}

/** A rack's nodes in rows, each row under its own bus, the buses on one riser at the left. */
function drawRack(item: Item, feeder: string, left: number, top: number, out: Drawing): void {
  const pieces: string[] = [];
  const dots: [number, number][] = [];
  const riser = left - GAP / 2;
  const middle = left + widthOf(item) / 2;
  for (let r = 0; r < item.rows; r++) {
    const row = item.assets.slice(r * item.columns, (r + 1) * item.columns);
    const y = top + DROP + r * (NODE.height + GAP + DROP);
    const bus = y - DROP;
    const xs = row.map((_, c) => left + c * (NODE.width + GAP) + NODE.width / 2);
    const last = xs.at(-1) ?? middle;
    pieces.push(r === 0 ? `M${Math.min(item.rows > 1 ? riser : (xs[0] ?? middle), middle)} ${bus}H${Math.max(last, middle)}` : `M${riser} ${bus}H${last}`);
    row.forEach((asset, c) => {
      const x = xs[c] ?? middle;
      pieces.push(`M${x} ${bus}V${y}`);
      if (x !== last || r === 0) dots.push([x, bus]);
      out.nodes.push({ asset, x: x - NODE.width / 2, y, foreign: false });
    });
    if (r > 0) pieces.push(`M${riser} ${bus - NODE.height - GAP - DROP}V${bus}`);
  }
  out.lines.push({ feeder, d: pieces.join(''), dots });
}

/** Draws what is connected; gives its width and height. */
function drawConnected(g: Graph, out: Drawing): [number, number] {
  if (g.items.length === 0) return [0, 0];
  const items = new Map(g.items.map((i) => [i.key, i]));
  const rank = ranks([...items.keys()], g.edges);
  const steps = split(g.edges, rank);
  const layers = order(rank, steps);
  const width = (k: string) => {
    const item = items.get(k);
    return item ? widthOf(item) : 0;
  };
  const x = place(layers, steps, width, GAP);
  const left = Math.min(...[...x].map(([k, at]) => at - width(k) / 2)) - GAP;
  for (const [k, at] of x) x.set(k, Math.round(at - left));
  let right = 0;
  let y = 0;
  const bottom = new Map<string, number>();
  const tops: number[] = [];
  layers.forEach((layer, r) => {
    if (r > 0) y = drawChannel(layers[r - 1] ?? [], steps, x, items, bottom, y, out);
    tops.push(y);
    let high = 0;
    for (const k of layer) {
      const item = items.get(k);
      const at = x.get(k) ?? 0;
      if (!item) continue;
      right = Math.max(right, at + width(k) / 2);
      high = Math.max(high, heightOf(item));
      const first = item.assets[0];
      if (item.assets.length > 1) drawRack(item, feederOf(k, g), at - width(k) / 2, y, out);
      else if (first) out.nodes.push({ asset: first, x: at - NODE.width / 2, y, foreign: item.foreign });
      bottom.set(k, y + heightOf(item));
    }
    y += high;
    for (const k of layer) if (isBend(k)) bottom.set(k, y - high);
  });
  return [right + GAP, y];
}

function feederOf(key: string, g: Graph): string {
  return g.edges.find(([, id]) => id === key)?.[0] ?? '';
}

/** The first end of a chain of bends: whose line it is. */
const owner = (key: string) => (isBend(key) ? (key.split(' ')[1] ?? key) : key);

/** The lines between one layer and the next; gives where the next begins. */
function drawChannel(
  above: readonly string[],
  steps: readonly (readonly [string, string])[],
  x: ReadonlyMap<string, number>,
  items: ReadonlyMap<string, Item>,
  bottom: ReadonlyMap<string, number>,
  y: number,
  out: Drawing,
): number {
  const from = above.filter((k) => steps.some(([f]) => f === k));
  // Who has several feeders is entered at as many places, left to right as the feeders stand.
  const entry = (feeder: string, id: string) => {
    const feeders = steps.filter(([, k]) => k === id).map(([f]) => f).sort((a, b) => (x.get(a) ?? 0) - (x.get(b) ?? 0));
    const shift = items.has(id) ? (feeders.indexOf(feeder) - (feeders.length - 1) / 2) * 36 : 0;
    return (x.get(id) ?? 0) + shift;
  };
  const nets = from.map((f) => ({ from: x.get(f) ?? 0, to: steps.filter(([k]) => k === f).map(([, id]) => entry(f, id)) }));
  const lane = lanes(nets);
  const next = y + CHANNEL * 2 + Math.max(0, ...lane) * LANE;
  nets.forEach((net, i) => {
    const bus = y + CHANNEL + (lane[i] ?? 0) * LANE;
    const start = bottom.get(from[i] ?? '') ?? y;
    const low = Math.min(net.from, ...net.to);
    const high = Math.max(net.from, ...net.to);
    const ends = net.to.map((at) => `M${at} ${bus}V${next}`).join('');
    const inner = [net.from, ...net.to].filter((at) => at > low && at < high);
    out.lines.push({
      feeder: owner(from[i] ?? ''),
      d: `M${net.from} ${start}V${bus}M${low} ${bus}H${high}${ends}`,
      dots: inner.map((at) => [at, bus] as const),
    });
  });
  return next;
}

/** Draws what stands alone under the rest, wrapped to a width, under its area's title. */
function drawLoose(g: Graph, wrap: number, top: number, out: Drawing, frames: Frame[]): [number, number] {
  const columns = Math.max(1, Math.floor((wrap - GAP) / (NODE.width + GAP)));
  let y = top;
  let right = 0;
  for (const { area, assets } of g.loose) {
    frames.push({ area, x: GAP, y, width: wrap - 2 * GAP });
    y += TITLE;
    assets.forEach((asset, i) => {
      const x = GAP + (i % columns) * (NODE.width + GAP);
      out.nodes.push({ asset, x, y: y + Math.floor(i / columns) * (NODE.height + GAP), foreign: false });
      right = Math.max(right, x + NODE.width);
    });
    y += Math.ceil(assets.length / columns) * (NODE.height + GAP);
  }
  return [right + GAP, y];
}

/**
 * The picture of some assets: feeders on top, what they feed below, lines at
 * right angles, and what nothing feeds in rows under its area's title.
 */
export function layout(shown: readonly Asset[], all: ReadonlyMap<string, Asset>, wrap: number): Layout {
  const g = graphOf(shown, all);
  const out: Drawing = { nodes: [], lines: [] };
  const frames: Frame[] = [];
  const [width, height] = drawConnected(g, out);
  const top = height === 0 ? 0 : height + GAP * 2;
  const [looseWidth, looseHeight] = drawLoose(g, Math.max(wrap, width), top, out, frames);
  return {
    width: Math.max(width, looseWidth),
    height: Math.max(height, g.loose.length === 0 ? height : looseHeight),
    nodes: out.nodes,
    lines: out.lines,
    frames,
  };
}
