import type { Asset } from '../api/types';

/** One box of the picture: an asset, or a rack of assets that one feeder feeds and that feed nothing. */
export interface Item {
  readonly key: string;
  readonly assets: readonly Asset[];
  readonly columns: number;
  readonly rows: number;
  readonly foreign: boolean; // stands in another area; drawn because it feeds this one
}

export interface Graph {
  readonly items: readonly Item[];
  /** Feeder to fed, by the items' keys; free of circles. */
  readonly edges: readonly (readonly [string, string])[];
  /** Assets that nothing here feeds and that feed nothing here, by area. */
  readonly loose: readonly { readonly area: string; readonly assets: readonly Asset[] }[];
}

const RACK = 4; // as many leaves of one feeder, or more, stand in a rack

/** Edges without those that would close a circle; the order of the assets decides. */
function withoutCircles(ids: readonly string[], feeders: ReadonlyMap<string, readonly string[]>): (readonly [string, string])[] {
  const state = new Map<string, 'open' | 'done'>();
  const out: (readonly [string, string])[] = [];
  const visit = (id: string) => {
    if (state.has(id)) return;
    state.set(id, 'open');
    for (const f of feeders.get(id) ?? []) {
      visit(f);
      if (state.get(f) === 'done') out.push([f, id]);
    }
    state.set(id, 'done');
  };
  ids.forEach(visit);
  return out;
}

/** Makes the graph of some assets from fed_by; feeders from elsewhere come along, one step up. */
export function graphOf(shown: readonly Asset[], all: ReadonlyMap<string, Asset>): Graph {
  const here = new Set(shown.map((a) => a.id));
  const members = new Map(shown.map((a) => [a.id, a]));
  for (const a of shown) {
    for (const f of a.fed_by ?? []) {
      const feeder = all.get(f);
      if (feeder) members.set(f, feeder);
    }
  }
  const feeders = new Map<string, string[]>();
  for (const a of members.values()) {
    if (here.has(a.id)) feeders.set(a.id, [...new Set(a.fed_by ?? [])].filter((f) => f !== a.id && members.has(f)));
  }
  const edges = withoutCircles([...members.keys()], feeders);
  const feeds = new Map<string, string[]>();
  const fedBy = new Map<string, string[]>();
  for (const [f, id] of edges) {
    feeds.set(f, [...(feeds.get(f) ?? []), id]);
    fedBy.set(id, [...(fedBy.get(id) ?? []), f]);
  }

  const racked = new Map<string, string>(); // asset to its rack
  const items: Item[] = [];
  for (const [feeder, fed] of feeds) {
    const leaves = fed.filter((id) => !feeds.has(id) && fedBy.get(id)?.length === 1);
    if (leaves.length < RACK) continue;
    const key = `rack ${feeder}`;
    const columns = Math.min(5, Math.ceil(Math.sqrt(leaves.length * 1.2)));
    const assets = leaves.flatMap((id) => members.get(id) ?? []);
    items.push({ key, assets, columns, rows: Math.ceil(leaves.length / columns), foreign: false });
    for (const id of leaves) racked.set(id, key);
  }
  const loose = new Map<string, Asset[]>();
  for (const a of members.values()) {
    if (racked.has(a.id)) continue;
    if (!feeds.has(a.id) && !fedBy.has(a.id)) loose.set(a.area, [...(loose.get(a.area) ?? []), a]);
    else items.push({ key: a.id, assets: [a], columns: 1, rows: 1, foreign: !here.has(a.id) });
  }
  const joined = new Set(edges.map(([f, id]) => `${f}\n${racked.get(id) ?? id}`));
  return {
    items,
    edges: [...joined].map((e) => e.split('\n') as [string, string]),
    loose: [...loose].map(([area, assets]) => ({ area, assets })),
  };
}
