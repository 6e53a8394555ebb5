import { useMemo } from 'react';
import type { Asset, Text } from '../api/types';
import { areaTree, flatten } from '../live/areas';
import { useDescription } from '../live/hooks';
import { unitNames } from '../live/units';
import { pointTitle, textIn } from '../points/format';
import { useText } from '../ui/useText';
import { SITE_ASSET } from './types';

/** What things are called, by their ids; the id itself where the site has no such thing any more. */
export interface Names {
  readonly zone: string;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly asset: (id: string) => string;
  readonly areaOf: (asset: string) => string; // id; '' when unknown
  readonly area: (id: string) => string;
  readonly unit: (id: string) => string; // a flat
  readonly units: ReadonlyMap<string, string>; // those with names
  /** The areas over an asset, and its own. */
  readonly over: (asset: string) => readonly string[];
  readonly point: (asset: string, point: string) => string;
  readonly text: (text: Text) => string;
}

export function useNames(): Names {
  const description = useDescription();
  const { t, language } = useText();
  return useMemo(() => {
    const assets = new Map((description?.assets ?? []).map((a) => [a.id, a]));
    const units = unitNames(description?.site, language);
    const nodes = new Map(flatten(areaTree(description?.site.areas ?? [])).map((n) => [n.area.id, n]));
    return {
      zone: description?.site.timezone ?? 'UTC',
      assets,
      asset: (id) => {
        if (id === SITE_ASSET) return t('duty.site');
        const a = assets.get(id);
        const name = a === undefined ? '' : textIn(a.name, language);
        return name === '' ? id : name;
      },
      areaOf: (id) => assets.get(id)?.area ?? '',
      area: (id) => nodes.get(id)?.path.map((a) => textIn(a.name, language)).join(' › ') ?? id,
      unit: (id) => units.get(id) ?? id,
      units,
      over: (id) => nodes.get(assets.get(id)?.area ?? '')?.path.map((a) => a.id) ?? [],
      point: (asset, point) => {
        const p = assets.get(asset)?.points.find((x) => x.name === point);
        return p ? pointTitle(p, language) : point;
      },
      text: (text) => textIn(text, language),
    };
  }, [description, t, language]);
}
