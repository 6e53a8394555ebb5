import type { Asset } from '../../api/types';
import { type AreaNode } from '../../live/areas';
import { type Layout, layout } from '../../mimic/layout';

/** One picture of the wall: the whole site in figures, or some assets of an area. */
export interface Screen {
  readonly key: string;
  readonly node: AreaNode | null; // null: the site
  readonly assets: readonly Asset[];
  readonly part: number; // of an area with more assets than one screen holds, from 1
  readonly parts: number;
}

const MOST = 28; // assets a screen; more could not be read from across the room
const SHORTEST_S = 5;
const USUAL_S = 20;

/** How long a screen stays, ms: "20s", "1m" or plain seconds. */
export function everyMs(text: string | null): number {
  const m = /^(\d+(?:\.\d+)?)(s|m|min)?$/.exec((text ?? '').trim());
  if (!m) return USUAL_S * 1000;
  const s = Number(m[1]) * (m[2] === 'm' || m[2] === 'min' ? 60 : 1);
  return Math.min(Math.max(s, SHORTEST_S), 3600) * 1000;
}

/** The areas an address asks for; all when it names none that exists. */
export function wantedAreas(text: string | null, nodes: readonly AreaNode[]): readonly AreaNode[] {
  const ids = (text ?? '').split(',').map((s) => s.trim()).filter(Boolean);
  const found = nodes.filter((n) => n.path.some((a) => ids.includes(a.id)));
  return found.length > 0 ? found : nodes;
}

/** The site first, then each area that has assets, in screens of a readable size. */
export function screens(areas: readonly AreaNode[], assets: readonly Asset[]): Screen[] {
  const out: Screen[] = [{ key: 'site', node: null, assets: [], part: 1, parts: 1 }];
  for (const node of areas) {
    const own = assets.filter((a) => a.area === node.area.id);
    const parts = Math.ceil(own.length / MOST);
    const size = Math.ceil(own.length / Math.max(parts, 1));
    for (let i = 0; i < parts; i++) {
      const key = `${node.area.id} ${i}`;
      out.push({ key, node, assets: own.slice(i * size, (i + 1) * size), part: i + 1, parts });
    }
  }
  return out;
}

/** The picture of the assets, wrapped so that it fills a box as large as it can. */
export function fill(assets: readonly Asset[], all: ReadonlyMap<string, Asset>, width: number, height: number): { made: Layout; zoom: number } {
  let best: { made: Layout; zoom: number } | null = null;
  for (let columns = 1; columns <= 12; columns++) {
    const made = layout(assets, all, columns * 184 + 40);
    const zoom = Math.min(width / Math.max(made.width, 1), height / Math.max(made.height, 1), 3);
    if (!best || zoom > best.zoom + 0.01) best = { made, zoom };
  }
  return best ?? { made: layout(assets, all, width), zoom: 1 };
}
