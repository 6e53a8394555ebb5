// How live changes come into what was fetched. Fetches and events may cross on
// the way: what changed last wins, and an event that came while a fetch was
// under way is put on top of its answer.

interface Kept {
  readonly id: string;
  readonly changed: string;
}

const newer = (a: Kept, b: Kept): boolean => Date.parse(a.changed) >= Date.parse(b.changed);

/** The open ones with what changed: over ones go, new ones come. The same list when nothing did. */
export function mergeOpen<T extends Kept>(list: readonly T[], changed: readonly T[], open: (x: T) => boolean): readonly T[] {
  if (changed.length === 0) return list;
  const by = new Map(list.map((x) => [x.id, x]));
  let touched = false;
  for (const c of changed) {
    const old = by.get(c.id);
    if (old && !newer(c, old)) continue;
    if (open(c)) by.set(c.id, c);
    else if (!by.delete(c.id)) continue;
    touched = true;
  }
  return touched ? [...by.values()] : list;
}

/** A page of a list with what changed of the ones in it. The same page when nothing did. */
export function mergeInto<T extends Kept>(list: readonly T[], changed: readonly T[]): readonly T[] {
  const by = new Map(changed.map((x) => [x.id, x]));
  if (!list.some((x) => by.has(x.id))) return list;
  return list.map((x) => {
    const c = by.get(x.id);
    return c && newer(c, x) ? c : x;
  });
}

/** What has come lately, so that an answer that was asked for before can be brought up to date. */
export class Lately<T> {
  private items: { n: number; item: T }[] = [];
  private n = 0;
  constructor(private readonly limit = 1000) {}

  add(items: readonly T[]): void {
    for (const item of items) this.items.push({ n: ++this.n, item });
    if (this.items.length > this.limit) this.items.splice(0, this.items.length - this.limit);
  }
  /** A place to ask from later. */
  mark(): number {
    return this.n;
  }
  since(mark: number): T[] {
    return this.items.filter((x) => x.n > mark).map((x) => x.item);
  }
}
