import type { Asset, Language } from '../../api/types';
import { textIn } from '../../points/format';

export type View = 'cards' | 'mimic';
export type Show = 'all' | 'notgood' | 'abnormal';

export interface Filter {
  readonly text: string;
  readonly kind: string; // '' means every kind
  readonly show: Show;
  readonly area: string; // '' means the whole site
  readonly view: View;
}

export function isShow(x: string | null): x is Show {
  return x === 'all' || x === 'notgood' || x === 'abnormal';
}

/** The filter that an address asks for. */
export function readFilter(q: URLSearchParams): Filter {
  const show = q.get('show');
  return {
    text: q.get('q') ?? '',
    kind: q.get('kind') ?? '',
    show: isShow(show) ? show : 'all',
    area: q.get('area') ?? '',
    view: q.get('view') === 'mimic' ? 'mimic' : 'cards',
  };
}

/** The address of a filter: what is not filtered is not in it. */
export function writeFilter(f: Filter): URLSearchParams {
  const q = new URLSearchParams();
  if (f.text !== '') q.set('q', f.text);
  if (f.kind !== '') q.set('kind', f.kind);
  if (f.show !== 'all') q.set('show', f.show);
  if (f.area !== '') q.set('area', f.area);
  if (f.view !== 'cards') q.set('view', f.view);
  return q;
}

/** Whether every word of the text is in the asset's names, id, kind or flat, whose name is unit. */
export function matches(asset: Asset, kindName: string, text: string, language: Language, unit = ''): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const hay = [asset.name.zh, asset.name.en, asset.id, asset.kind, kindName, asset.unit ?? '', unit, textIn(asset.name, language)]
    .join(' ')
    .toLowerCase();
  return words.every((w) => hay.includes(w));
}
