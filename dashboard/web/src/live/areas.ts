import type { Area } from '../api/types';

/** One area in its tree. */
export interface AreaNode {
  readonly area: Area;
  readonly depth: number;
  readonly path: readonly Area[]; // from the top down, itself last
  readonly children: readonly AreaNode[];
}

/**
 * Areas as trees, in the order of the site file. An area whose parent does
 * not exist, or that is its own ancestor, stands at the top: nothing is hidden.
 */
export function areaTree(areas: readonly Area[]): AreaNode[] {
  const byParent = new Map<string, Area[]>();
  const ids = new Set(areas.map((a) => a.id));
  const roots: Area[] = [];
  for (const a of areas) {
    if (a.parent === undefined || a.parent === '' || !ids.has(a.parent)) roots.push(a);
    else byParent.set(a.parent, [...(byParent.get(a.parent) ?? []), a]);
  }
  const seen = new Set<string>();
  const node = (area: Area, above: readonly Area[]): AreaNode => {
    seen.add(area.id);
    const path = [...above, area];
    const children: AreaNode[] = [];
    for (const c of byParent.get(area.id) ?? []) {
      if (!seen.has(c.id)) children.push(node(c, path));
    }
    return { area, depth: above.length, path, children };
  };
  const out = roots.map((a) => node(a, []));
  for (const a of areas) if (!seen.has(a.id)) out.push(node(a, []));
  return out;
}

/** The nodes of the trees, parents before children. */
export function flatten(nodes: readonly AreaNode[]): AreaNode[] {
  return nodes.flatMap((n) => [n, ...flatten(n.children)]);
}
