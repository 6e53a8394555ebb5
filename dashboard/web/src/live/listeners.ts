export type Listener = () => void;

const POINT = 'point:';

/** Who is to be told, by key. A key point:ASSET/POINT also says that somebody shows that asset's values. */
export class Listeners {
  private readonly byKey = new Map<string, Set<Listener>>();
  private readonly watchers = new Set<Listener>();

  add(key: string, listener: Listener): () => void {
    let set = this.byKey.get(key);
    if (!set) {
      this.byKey.set(key, (set = new Set()));
      this.noteWatched(key);
    }
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size > 0 || this.byKey.get(key) !== set) return;
      this.byKey.delete(key);
      this.noteWatched(key);
    };
  }

  tell(key: string): void {
    const set = this.byKey.get(key);
    if (set) for (const l of [...set]) l();
  }

  keys(): string[] {
    return [...this.byKey.keys()];
  }

  /** The assets whose values somebody shows. */
  watched(): Set<string> {
    const assets = new Set<string>();
    for (const key of this.byKey.keys()) {
      if (key.startsWith(POINT)) assets.add(key.slice(POINT.length, key.lastIndexOf('/')));
    }
    return assets;
  }

  /** Tells whenever watched may have changed. */
  onWatched(listener: Listener): () => void {
    this.watchers.add(listener);
    return () => this.watchers.delete(listener);
  }

  private noteWatched(key: string): void {
    if (key.startsWith(POINT)) for (const l of this.watchers) l();
  }
}
