import { MAX_COMPARED } from '../../charts/limits';
import { HOURLY, type Span, readSpan, writeSpan } from '../../charts/window';

/** One point of one asset. */
export interface Chosen {
  readonly asset: string;
  readonly point: string;
}

/** What is compared: it stands in the address, so it can be sent. */
export interface Comparison {
  readonly points: readonly Chosen[];
  readonly span: Span;
}

export const NOTHING: Comparison = { points: [], span: HOURLY };

/** asset/point; an asset's name may have a slash, a point's has none. */
export const keyOfChosen = (c: Chosen): string => `${c.asset}/${c.point}`;

export function readComparison(q: URLSearchParams): Comparison {
  const seen = new Map<string, Chosen>();
  for (const text of (q.get('p') ?? '').split(',')) {
    const cut = text.lastIndexOf('/');
    if (cut > 0 && cut < text.length - 1) seen.set(text, { asset: text.slice(0, cut), point: text.slice(cut + 1) });
  }
  return { points: [...seen.values()].slice(0, MAX_COMPARED), span: readSpan(q.get('range')) };
}

export function writeComparison(c: Comparison): URLSearchParams {
  const q = new URLSearchParams();
  if (c.points.length > 0) q.set('p', c.points.map(keyOfChosen).join(','));
  const range = writeSpan(c.span);
  if (range !== '1h') q.set('range', range);
  return q;
}

/** A comparison under a name, kept in this browser. */
export interface View {
  readonly name: string;
  readonly query: string;
}

const MOST_VIEWS = 50;
const LONGEST_NAME = 60;

/** Reads what was kept; what is garbled is left out. */
export function parseViews(text: string | null): View[] {
  try {
    const x: unknown = JSON.parse(text ?? '[]');
    if (!Array.isArray(x)) return [];
    return x.filter((v): v is View => {
      const { name, query } = (v ?? {}) as Partial<View>;
      return typeof name === 'string' && name !== '' && typeof query === 'string';
    });
  } catch {
    return [];
  }
}

/** The views with one more; of one name the newest stays. */
export function withView(views: readonly View[], name: string, query: string): View[] {
  const cut = name.trim().slice(0, LONGEST_NAME);
  if (cut === '') return [...views];
  return [{ name: cut, query }, ...views.filter((v) => v.name !== cut)].slice(0, MOST_VIEWS);
}
