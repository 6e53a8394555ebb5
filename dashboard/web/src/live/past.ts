import { call } from '../api/client';
import type { Quality } from '../api/types';
import type { Happening } from './changes';
import type { LiveStore } from './store';
import type { LiveValue } from './value';

interface State {
  readonly number: number | null;
  readonly quality: Quality;
}

interface Past {
  readonly asset: string;
  readonly point: string;
  readonly at: number; // ms
  readonly old: State;
  readonly new: State;
  readonly more?: number;
}

const valueOf = (s: State, time: number): LiveValue => ({ ...s, time, reason: '' });

/** Asks once, as soon as the site is known, what happened before the page was open. Returns its end. */
export function fetchPast(store: LiveStore, take: (past: readonly Omit<Happening, 'id'>[]) => void): () => void {
  const gone = new AbortController();
  const ask = async () => {
    const { changes } = await call<{ changes: readonly Past[] }>('/changes', {}, gone.signal);
    take(
      changes.flatMap((c) => {
        const asset = store.asset(c.asset);
        const point = asset?.points.find((p) => p.name === c.point);
        return asset && point ? [{ time: c.at, asset, point, old: valueOf(c.old, c.at), next: valueOf(c.new, c.at), more: c.more ?? 0 }] : [];
      }),
    );
  };
  let asked = false;
  const look = () => {
    if (asked || store.description() === null) return;
    asked = true;
    ask().catch(() => undefined); // the list then begins with this page
  };
  const end = store.subscribe('site', look);
  look();
  return () => {
    end();
    gone.abort();
  };
}
