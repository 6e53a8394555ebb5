import type { Asset } from '../api/types';

/** Whether what leaves an asset is under voltage (or pressure): known so, known not, or not known. */
export type Energy = 'on' | 'off' | 'unknown';

/** A point's number when it can be trusted, else null; undefined when the asset has no such point. */
export type Numbers = (asset: Asset, point: string) => number | null | undefined;

const VOLTS = ['voltage_l1', 'voltage_l2', 'voltage_l3', 'voltage', 'voltage_ll', 'voltage_l12'];
const DEAD = 30; // V; below it a low-voltage line is taken as dead (mains is 230 V, and induction leaves a few volts)

function fromVolts(asset: Asset, n: Numbers, names: readonly string[]): Energy {
  const known = names.map((name) => n(asset, name)).filter((v): v is number => typeof v === 'number');
  if (known.length === 0) return 'unknown';
  return known.some((v) => v > DEAD) ? 'on' : 'off';
}

/** What the asset's own points say of its output; 'unknown' where they say nothing. 'through': as its feeders. */
function own(asset: Asset, n: Numbers): Energy | 'through' {
  switch (asset.kind) {
    case 'power_meter':
      return fromVolts(asset, n, VOLTS);
    case 'breaker': {
      const closed = n(asset, 'closed');
      if (n(asset, 'tripped') === 1 || closed === 0) return 'off';
      return closed === 1 ? 'through' : 'unknown';
    }
    case 'ats': {
      const position = n(asset, 'position');
      if (position === 0) return 'off';
      if (position === 1) return flag(n(asset, 'normal_available'));
      return position === 2 ? flag(n(asset, 'emergency_available')) : 'unknown';
    }
    case 'generator': {
      const volts = fromVolts(asset, n, VOLTS);
      return volts === 'unknown' ? flag(n(asset, 'running')) : volts;
    }
    case 'ups': {
      const state = n(asset, 'state');
      if (state === 4) return 'off';
      const volts = fromVolts(asset, n, ['output_voltage']);
      return volts === 'unknown' && typeof state === 'number' && state > 0 ? 'on' : volts;
    }
    case 'transformer':
      return 'through';
    case 'pump':
    case 'booster':
      return flag(n(asset, 'running'));
    case 'valve': {
      const state = n(asset, 'state');
      return state === 0 ? 'off' : state === 1 ? 'through' : 'unknown';
    }
    default:
      return 'unknown';
  }
}

function flag(v: number | null | undefined): Energy {
  return typeof v !== 'number' ? 'unknown' : v === 0 ? 'off' : 'on';
}

/** What leaves each asset. One fed by several is on when one of them is, off when all are. */
export function energised(assets: readonly Asset[], all: ReadonlyMap<string, Asset>, n: Numbers): Map<string, Energy> {
  // A meter with one feeder knows what that feeder gives.
  const told = new Map<string, Energy>();
  for (const a of assets) {
    const [feeder, second] = a.fed_by ?? [];
    const says = a.kind === 'power_meter' ? own(a, n) : 'unknown';
    if (feeder !== undefined && second === undefined && (says === 'on' || says === 'off')) told.set(feeder, says);
  }
  const out = new Map<string, Energy>();
  const open = new Set<string>();
  const of = (a: Asset): Energy => {
    const known = out.get(a.id);
    if (known) return known;
    if (open.has(a.id)) return 'unknown';
    open.add(a.id);
    const self = own(a, n);
    const feeders = (a.fed_by ?? []).flatMap((f) => all.get(f) ?? []).map(of);
    const fed = feeders.length === 0 ? 'unknown' : feeders.includes('on') ? 'on' : feeders.every((f) => f === 'off') ? 'off' : 'unknown';
    const reckoned = self === 'through' ? fed : self;
    const result = reckoned === 'unknown' ? (told.get(a.id) ?? 'unknown') : reckoned;
    open.delete(a.id);
    out.set(a.id, result);
    return result;
  };
  assets.forEach(of);
  return out;
}

/** Every point that own() may ask for. */
export const EVIDENCE: readonly string[] = [
  ...VOLTS, 'closed', 'tripped', 'position', 'normal_available', 'emergency_available', 'running', 'state', 'output_voltage',
];
