import type { Asset, Point } from '../../api/types';

export const MEDIA = ['electricity', 'water', 'gas'] as const;
export type Medium = (typeof MEDIA)[number];

// The counter that tells most of a medium stands first.
const COUNTERS: Readonly<Record<Medium, readonly string[]>> = {
  electricity: ['energy_import', 'energy_total', 'energy'],
  water: ['volume'],
  gas: ['gas_volume'],
};

/** An asset that counts a medium. */
export interface MeterPoint {
  readonly asset: Asset;
  readonly point: Point;
  readonly power: Point | null; // of electricity: what its demand is made of
}

export function metersOf(assets: readonly Asset[], medium: Medium): MeterPoint[] {
  return assets.flatMap((asset) => {
    const found = COUNTERS[medium].map((n) => asset.points.find((p) => p.name === n && p.counter === true));
    const point = found.find((p) => p !== undefined);
    if (!point) return [];
    const power = medium === 'electricity' ? asset.points.find((p) => p.name === 'power' && p.unit === 'kW') : undefined;
    return [{ asset, point, power: power ?? null }];
  });
}

/** Everything that feeds an asset, near and far. */
function feeders(id: string, byId: ReadonlyMap<string, Asset>): Set<string> {
  const seen = new Set<string>();
  const next = [...(byId.get(id)?.fed_by ?? [])];
  for (let f = next.pop(); f !== undefined; f = next.pop()) {
    if (f === id || seen.has(f)) continue;
    seen.add(f);
    next.push(...(byId.get(f)?.fed_by ?? []));
  }
  return seen;
}

/** Meters that another one of them feeds: together they would count twice. */
export function countedTwice(meters: readonly MeterPoint[], assets: readonly Asset[]): { inner: Asset; outer: Asset }[] {
  const byId = new Map(assets.map((a) => [a.id, a]));
  return meters.flatMap(({ asset }) => {
    const above = feeders(asset.id, byId);
    const outer = meters.find((m) => m.asset.id !== asset.id && above.has(m.asset.id));
    return outer ? [{ inner: asset, outer: outer.asset }] : [];
  });
}

const MOST_FIRST = 6;

/** What is shown before anybody chose: meters that no other one feeds, meters of their own trade first. */
export function firstMeters(all: readonly MeterPoint[], assets: readonly Asset[]): string[] {
  const own = all.filter((m) => m.asset.kind === 'power_meter' || m.asset.kind === 'valve');
  const among = own.length > 0 ? own : all;
  const inner = new Set(countedTwice(among, assets).map((x) => x.inner.id));
  return among.filter((m) => !inner.has(m.asset.id)).map((m) => m.asset.id).slice(0, MOST_FIRST);
}
