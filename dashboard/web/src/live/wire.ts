// What the live stream carries, checked as it comes in: one garbled row must
// never take the page down or be shown as a value.
import type { Asset, Quality, Site, Text } from '../api/types';

/** What points mean where their titles do not say all: by kind, then by point. */
export type Docs = Readonly<Record<string, Readonly<Record<string, Text>>>>;

export interface Description {
  readonly site: Site;
  readonly assets: readonly Asset[];
  readonly docs?: Docs;
}

/** One value: indexes into the description's assets and their points. */
export interface Row {
  readonly asset: number;
  readonly point: number;
  readonly number: number | null;
  readonly quality: Quality;
  readonly time: number; // ms; 0 when never seen
  readonly reason: string;
  readonly reasonZh?: string; // where it reads otherwise in Chinese
}

export interface Batch {
  readonly now: number; // the server's clock, ms
  readonly rows: Row[];
  readonly rejected: number; // rows that could not be understood
}

const QUALITIES: ReadonlySet<string> = new Set(['unknown', 'good', 'uncertain', 'stale', 'bad', 'lost']);

function isQuality(x: unknown): x is Quality {
  return typeof x === 'string' && QUALITIES.has(x);
}

function record(data: string, what: string): Record<string, unknown> {
  const x: unknown = JSON.parse(data);
  if (typeof x !== 'object' || x === null || Array.isArray(x)) throw new Error(`${what}: not an object`);
  return x as Record<string, unknown>;
}

function index(x: unknown): x is number {
  return typeof x === 'number' && Number.isInteger(x) && x >= 0;
}

function row(x: unknown): Row | null {
  if (!Array.isArray(x)) return null;
  const [asset, point, number, quality, time, reason, reasonZh] = x as unknown[];
  if (!index(asset) || !index(point) || !isQuality(quality)) return null;
  if (number !== null && (typeof number !== 'number' || !Number.isFinite(number))) return null;
  if (quality === 'good' && number === null) return null;
  return {
    asset,
    point,
    number,
    quality,
    time: typeof time === 'number' && time > 0 ? time : 0,
    reason: typeof reason === 'string' ? reason : '',
    ...(typeof reasonZh === 'string' ? { reasonZh } : {}),
  };
}

/** Reads a snapshot's or a change's data. Throws when it is not one at all. */
export function parseBatch(data: string): Batch {
  const x = record(data, 'batch');
  const values = x['values'] ?? [];
  if (!Array.isArray(values)) throw new Error('batch: values is not a list');
  const rows: Row[] = [];
  for (const v of values as unknown[]) {
    const r = row(v);
    if (r) rows.push(r);
  }
  return { now: typeof x['now'] === 'number' ? x['now'] : 0, rows, rejected: values.length - rows.length };
}

/** Reads a beat's server time, or 0. */
export function parseBeat(data: string): number {
  const now = record(data, 'beat')['now'];
  return typeof now === 'number' ? now : 0;
}

/** Reads a description. Empty lists that the server wrote as null become lists. */
export function parseDescription(data: string): Description {
  const x = record(data, 'description');
  if (typeof x['site'] !== 'object' || x['site'] === null) throw new Error('description: no site');
  const site = x['site'] as Omit<Site, 'areas'> & { areas: Site['areas'] | null };
  const assets = (x['assets'] ?? []) as (Omit<Asset, 'points'> & { points: Asset['points'] | null })[];
  if (!Array.isArray(assets)) throw new Error('description: assets is not a list');
  const docs = x['docs'];
  return {
    docs: typeof docs === 'object' && docs !== null ? (docs as Docs) : {},
    site: { ...site, areas: site.areas ?? [] },
    assets: assets.map((a) => ({ ...a, points: a.points ?? [] })),
  };
}
