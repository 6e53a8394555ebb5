import type { Asset, Point } from '../api/types';
import { areaTree, flatten } from './areas';
import { type Counts, NONE, add, count, equal, flagsOf, sumAreas } from './counts';
import { type Listener, Listeners } from './listeners';
import { type LiveValue, UNKNOWN, same } from './value';
import type { Description, Row } from './wire';

/** The line to the server. Only while it is live do the values mean now. */
export interface Line {
  readonly state: 'connecting' | 'live' | 'lost';
  readonly since: number; // local ms
  readonly retryAt: number; // local ms, while lost
}

/** One value that became another. */
export interface Change {
  readonly asset: Asset;
  readonly point: Point;
  readonly old: LiveValue;
  readonly next: LiveValue;
}

type Witness = (changes: readonly Change[]) => void;

/** Marks an area without what is within it; no id has a slash. */
export const OWN = 'own/';

const STRIDE = 65_536; // points of an asset are fewer, so asset*STRIDE+point is one number

/**
 * Live state, outside React's tree. Everything that comes within one frame is
 * committed at once, and only who shows what changed is told.
 */
export class LiveStore {
  private description_: Description | null = null;
  private raw = '';
  private values: LiveValue[][] = [];
  private counts: Counts[] = [];
  private flags: string[] = []; // per asset, a letter a point, see assetFlags
  private above: string[][] = []; // areas over each asset
  private byId = new Map<string, number>();
  private pointIndex: Map<string, number>[] = [];
  private areaCounts = new Map<string, Counts>();
  private totals_: Counts = NONE;
  private version = 0;
  private flagsVersion_ = 0;
  private line_: Line = { state: 'connecting', since: 0, retryAt: 0 };

  private nextDescription: { raw: string; description: Description } | null = null;
  private pending = new Map<number, Row>();
  private whole = false; // pending is a whole snapshot (with the changes after it)
  private scheduled = false;
  private readonly listeners = new Listeners();
  private readonly witnesses = new Set<Witness>();

  /** Rows that named a point nobody described, or were garbled. */
  rejected = 0;

  constructor(private readonly frame: (f: () => void) => void) {}

  // What the stream brings.

  describe(raw: string, description: Description): void {
    this.nextDescription = { raw, description };
    this.pending.clear();
    this.whole = false;
  }

  snapshot(rows: readonly Row[]): void {
    this.pending.clear();
    this.whole = true;
    this.change(rows);
  }

  setLine(line: Line): void {
    this.line_ = line;
    this.tell('line');
  }

  change(rows: readonly Row[]): void {
    for (const r of rows) this.pending.set(r.asset * STRIDE + r.point, r);
    if (this.scheduled) return;
    this.scheduled = true;
    this.frame(() => {
      this.scheduled = false;
      this.commit();
    });
  }

  // What the page reads. Each getter gives the same object until it changes.

  description = (): Description | null => this.description_;
  line = (): Line => this.line_;
  totals = (): Counts => this.totals_;
  countsVersion = (): number => this.version;
  flagsVersion = (): number => this.flagsVersion_;

  value(asset: string, point: string): LiveValue {
    const a = this.byId.get(asset);
    const p = a === undefined ? undefined : this.pointIndex[a]?.get(point);
    return (a === undefined || p === undefined ? undefined : this.values[a]?.[p]) ?? UNKNOWN;
  }

  asset(id: string): Asset | undefined {
    const a = this.byId.get(id);
    return a === undefined ? undefined : this.description_?.assets[a];
  }

  assetCounts(id: string): Counts {
    const a = this.byId.get(id);
    return (a === undefined ? undefined : this.counts[a]) ?? NONE;
  }

  /** One letter for each point of the asset, see flagOf. */
  assetFlags(id: string): string {
    const a = this.byId.get(id);
    return (a === undefined ? undefined : this.flags[a]) ?? '';
  }

  /** Counts over the area and all within it; with OWN before the id, over the area's own assets. */
  areaCountsOf(id: string): Counts {
    return this.areaCounts.get(id) ?? NONE;
  }

  /** Keys: site, line, flags, counts, totals, asset:ID, area:ID, point:ASSET/POINT. */
  subscribe = (key: string, listener: Listener): (() => void) => this.listeners.add(key, listener);
  /** The assets whose values somebody shows. */
  watched = (): Set<string> => this.listeners.watched();
  /** Tells whenever watched may have changed. */
  onWatched = (listener: Listener): (() => void) => this.listeners.onWatched(listener);

  /** Tells of every value that changed, once a frame; not of those a new description brings. */
  witness(w: Witness): () => void {
    this.witnesses.add(w);
    return () => this.witnesses.delete(w);
  }

  private tell(key: string): void {
    this.listeners.tell(key);
  }

  // One commit a frame.

  private commit(): void {
    const rows = this.pending;
    const whole = this.whole;
    this.pending = new Map();
    this.whole = false;
    if (whole && this.nextDescription) {
      const { raw, description } = this.nextDescription;
      this.nextDescription = null;
      if (raw !== this.raw) {
        this.raw = raw;
        this.adopt(description);
        this.apply(rows, true, []);
        for (const key of this.listeners.keys()) if (key !== 'line') this.tell(key);
        return;
      }
    }
    if (this.nextDescription) return; // changes before their snapshot mean nothing
    const changes: Change[] = [];
    for (const key of this.apply(rows, whole, changes)) this.tell(key);
    if (changes.length > 0) for (const w of this.witnesses) w(changes);
  }

  private adopt(d: Description): void {
    this.description_ = d;
    this.byId = new Map(d.assets.map((a, i) => [a.id, i]));
    this.pointIndex = d.assets.map((a) => new Map(a.points.map((p, i) => [p.name, i])));
    this.values = d.assets.map((a) => a.points.map(() => UNKNOWN));
    this.counts = d.assets.map(() => NONE);
    this.flags = d.assets.map(() => '');
    [this.areaCounts, this.totals_] = [new Map<string, Counts>(), NONE];
    const paths = new Map(flatten(areaTree(d.site.areas)).map((n) => [n.area.id, n.path.map((p) => p.id)]));
    this.above = d.assets.map((a) => [...(paths.get(a.area) ?? [a.area]), OWN + a.area]);
  }

  private apply(rows: ReadonlyMap<number, Row>, whole: boolean, changes: Change[]): Set<string> {
    const keys = new Set<string>();
    const touched = new Set<number>();
    const put = (a: number, p: number, next: LiveValue) => {
      const of = this.values[a];
      const old = of?.[p];
      if (!of || !old || same(old, next)) return;
      of[p] = next;
      touched.add(a);
      const asset = this.description_?.assets[a];
      const point = asset?.points[p];
      if (!asset || !point) return;
      keys.add(`point:${asset.id}/${point.name}`);
      if (old.number !== next.number || old.quality !== next.quality) changes.push({ asset, point, old, next });
    };
    if (whole) {
      this.values.forEach((points, a) => {
        touched.add(a);
        points.forEach((_, p) => {
          if (!rows.has(a * STRIDE + p)) put(a, p, UNKNOWN);
        });
      });
    }
    for (const r of rows.values()) {
      if (this.values[r.asset]?.[r.point] === undefined) this.rejected++;
      else {
        const zh = r.reasonZh === undefined ? {} : { reasonZh: r.reasonZh };
        put(r.asset, r.point, { number: r.number, quality: r.quality, time: r.time, reason: r.reason, ...zh });
      }
    }
    this.recount(touched, keys);
    return keys;
  }

  private recount(touched: ReadonlySet<number>, keys: Set<string>): void {
    let changed = false;
    for (const a of touched) {
      const asset = this.description_?.assets[a];
      if (!asset) continue;
      const flags = flagsOf(asset.points, this.values[a] ?? []);
      if (flags === this.flags[a]) continue;
      this.flags[a] = flags;
      this.flagsVersion_++;
      keys.add('flags');
      keys.add(`asset:${asset.id}`);
      const next = count(flags);
      if (equal(next, this.counts[a] ?? NONE)) continue;
      this.counts[a] = next;
      changed = true;
    }
    if (!changed) return;
    this.version++;
    keys.add('counts');
    const sums = sumAreas(this.counts, this.above);
    const totals = this.counts.reduce(add, NONE);
    for (const [area, c] of sums) {
      const old = this.areaCounts.get(area);
      if (old && equal(old, c)) sums.set(area, old);
      else keys.add(`area:${area}`);
    }
    this.areaCounts = sums;
    if (!equal(totals, this.totals_)) {
      this.totals_ = totals;
      keys.add('totals');
    }
  }
}
