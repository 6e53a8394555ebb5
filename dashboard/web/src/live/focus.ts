import type { LiveStore } from './store';

/** The assets whose measurements the page shows; null: so many that all come. */
export type Focus = readonly string[] | null;

const MOST = 12; // assets: a page that shows more gets everything
const WIDEN_MS = 50; // a page that opens shows its parts one after the other
const NARROW_MS = 5000; // scrolling must not ask again and again

const within = (a: Focus, b: Focus) => b === null || a?.every((x) => b.includes(x)) === true;

/**
 * Follows what the page shows, so that a phone on a ticket is not sent every
 * measurement of the site: at once when it shows more, and when it has shown
 * less for a while. Returns its end.
 */
export function followFocus(store: LiveStore, set: (focus: Focus) => void): () => void {
  let focus: Focus = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let due = Infinity;
  const look = () => {
    due = Infinity;
    const watched = store.watched();
    const wanted: Focus = watched.size > MOST ? null : [...watched].sort();
    if (within(wanted, focus) && within(focus, wanted)) return;
    focus = wanted;
    set(focus);
  };
  const changed = () => {
    const watched = store.watched();
    const more = focus !== null && [...watched].some((x) => !focus?.includes(x));
    const at = Date.now() + (more ? WIDEN_MS : NARROW_MS);
    // What is missing cannot wait for what is too much.
    if (more ? at >= due : due < Infinity && due - Date.now() <= WIDEN_MS) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(look, at - Date.now());
  };
  const end = store.onWatched(changed);
  changed();
  return () => {
    end();
    clearTimeout(timer);
  };
}
