import type { Clock } from './clock';
import type { Focus } from './focus';
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
  /** Opens the stream behind the event of that id, anew without one, with the measurements of the focus. */
  readonly open: (after: string, focus: Focus) => Events;
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

/** The running stream. */
export interface Stream {
  /** Asks for the measurements of other assets. The line stays live: the next stream takes over with its first event. */
  readonly look: (focus: Focus) => void;
  readonly end: () => void;
}

/**
 * Holds the one live stream: opens it, feeds the store, notices when it dies
 * or goes silent, and opens it again with growing pauses.
 */
export function runStream(o: StreamOptions): Stream {
  const now = o.now ?? Date.now;
  const random = o.random ?? Math.random;
  let events: Events | null = null;
  let next: Events | null = null; // to take over
  let focus: Focus = null;
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
    next?.close();
    events = next = null;
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
    events = open();
    heard = now();
    o.clock.reset();
  };

  const open = (): Events => {
    const mine = o.open(position, focus);
    const on = (type: string, take: (data: string) => void) =>
      mine.addEventListener(type, (e) => {
        if (typeof e.data !== 'string') return;
        if (next === mine) {
          events?.close();
          [events, next] = [mine, null];
        }
        if (events !== mine) return;
        heard = now();
        try {
          take(e.data);
          // A beat has no id: what was received last stays so.
          if (typeof e.lastEventId === 'string' && e.lastEventId !== '' && type !== 'description') position = e.lastEventId;
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
      if (events === mine || next === mine) lose();
    });
    return mine;
  };

  const look = (wanted: Focus) => {
    focus = wanted;
    if (!events || ended) return; // the next try asks for it
    next?.close();
    if (live) next = open();
    else {
      events.close();
      connect();
    }
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
  const end = () => {
    ended = true;
    clearTimeout(retry);
    clearTimeout(ask);
    clearInterval(watch);
    target?.removeEventListener('online', hurry);
    target?.document.removeEventListener('visibilitychange', hurry);
    events?.close();
    next?.close();
    events = next = null;
  };
  return { look, end };
}
