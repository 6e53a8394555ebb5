import type { Asset, Language, Site } from '../api/types';
import { textIn } from '../points/format';

/** What people call each flat that the site names, by its id. */
export function unitNames(site: Pick<Site, 'units'> | undefined, language: Language): ReadonlyMap<string, string> {
  return new Map((site?.units ?? []).map((u) => [u.id, textIn(u.name, language) || u.id]));
}

interface Choice {
  readonly value: string; // its id
  readonly label: string;
}

/** Every flat of the site, by name: those in the site file, and those only equipment tells of. */
export function unitChoices(names: ReadonlyMap<string, string>, assets: readonly Asset[], language: Language): Choice[] {
  const ids = new Set([...names.keys(), ...assets.map((a) => a.unit ?? '').filter(Boolean)]);
  return [...ids]
    .map((value) => ({ value, label: names.get(value) ?? value }))
    .sort((a, b) => a.label.localeCompare(b.label, language, { numeric: true }));
}
