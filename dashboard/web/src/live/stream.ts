import type { Clock } from './clock';
import type { LiveStore } from './store';
import { parseBatch, parseBeat, parseDescription } from './wire';

/** The part of EventSource that is used, so that a test can stand in for it. */
export interface Events {
  addEventListener(type: string, listener: (e: { data?: unknown; lastEventId?: unknown }) => void): void;
  close(): void;
}

export interface StreamOptions {
  readonly store: LiveStore;
  readonly clock: Clock;
  /** Opens the stream behind the event of that id; anew without one. */
  readonly open: (after: string) => Events;
  /** Asks why the line broke: EventSource does not say that the session ended. */
  readonly signedOut: () => Promise<boolean>;
  readonly onSignedOut: () => void;
  /** Takes what changed among alarms and tickets; it must cope with anything. */
  readonly onDuty?: (data: string) => void;
  readonly now?: () => number;
  readonly random?: () => number;
}

const SILENCE_MS = 2200; // the server beats every second; with WATCH_MS it is seen well within 3 s
const WATCH_MS = 100;
const CONNECT_MS = 20_000; // the first description may come over a slow line
const ASK_MS = 300; // signing out ends the stream a moment before the page knows
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000];

/**
 * Holds the one live stream: opens it, feeds the store, notices when it dies
 * or goes silent, and opens it again with growing pauses. Returns its end.
 */
export function runStream(o: StreamOptions): () => void {
  const now = o.now ?? Date.now;
  const random = o.random ?? Math.random;
  let events: Events | null = null;
  let heard = now();
  let live = false;
  let position = ''; // of the last event the store has
  let failures = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let ask: ReturnType<typeof setTimeout> | undefined;
  let ended = false;

  const lose = () => {
    if (!events || ended) return;
    events.close();
    events = null;
    live = false;
    const step = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 8000;
    const pause = step * (0.8 + 0.4 * random());
    failures++;
    const line = o.store.line();
    o.store.setLine({
      state: 'lost',
      since: line.state === 'lost' ? line.since : now(),
      retryAt: now() + pause,
    });
    retry = setTimeout(connect, pause);
    ask = setTimeout(() => {
      void o.signedOut().then(
        (out) => {
          if (out && !ended) o.onSignedOut();
        },
        () => undefined, // the server is away: the retry goes on
      );
    }, ASK_MS);
  };

  const connect = () => {
    clearTimeout(retry);
    clearTimeout(ask);
    if (ended) return;
    const mine = o.open(position);
    events = mine;
    heard = now();
    o.clock.reset();
    const on = (type: string, take: (data: string) => void) =>
      mine.addEventListener(type, (e) => {
        if (events !== mine || typeof e.data !== 'string') return;
        heard = now();
        try {
          take(e.data);
          if (typeof e.lastEventId === 'string' && type !== 'description') position = e.lastEventId;
        } catch {
          // A stream that cannot be read must not look alive, nor be gone on with.
          o.store.rejected++;
          position = '';
          lose();
        }
      });
    let resumed = position !== '';
    const begun = () => {
      failures = 0;
      if (live) return;
      live = true;
      o.store.setLine({ state: 'live', since: now(), retryAt: 0 });
    };
    on('description', (data) => {
      resumed = false;
      o.store.describe(data, parseDescription(data));
    });
    on('snapshot', (data) => {
      const b = parseBatch(data);
      o.clock.observe(b.now);
      o.store.rejected += b.rejected;
      o.store.snapshot(b.rows);
      begun();
    });
    on('change', (data) => {
      const b = parseBatch(data);
      o.clock.observe(b.now);
      o.store.rejected += b.rejected;
      o.store.change(b.rows);
      if (resumed) begun();
    });
    on('beat', (data) => {
      o.clock.observe(parseBeat(data));
      if (resumed) begun(); // where nothing changed, a stream that goes on has no more to say
    });
    on('duty', (data) => o.onDuty?.(data));
    mine.addEventListener('error', () => {
      if (events === mine) lose();
    });
  };

  const watch = setInterval(() => {
    if (events && now() - heard > (live ? SILENCE_MS : CONNECT_MS)) lose();
  }, WATCH_MS);

  // A page that comes back into view, or into a network, does not wait.
  const hurry = () => {
    if (!events && !ended && (typeof document === 'undefined' || !document.hidden)) connect();
  };
  const target = typeof window === 'undefined' ? null : window;
  target?.addEventListener('online', hurry);
  target?.document.addEventListener('visibilitychange', hurry);

  if (o.store.line().state !== 'lost') o.store.setLine({ state: 'connecting', since: now(), retryAt: 0 });
  connect();
  return () => {
    ended = true;
    clearTimeout(retry);
    clearTimeout(ask);
    clearInterval(watch);
    target?.removeEventListener('online', hurry);
    target?.document.removeEventListener('visibilitychange', hurry);
    events?.close();
    events = null;
  };
}
