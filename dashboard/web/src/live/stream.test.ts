import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Clock } from './clock';
import { LiveStore } from './store';
import type { Focus } from './focus';
import { type Events, type Stream, runStream } from './stream';

class Wire implements Events {
  closed = false;
  private readonly on = new Map<string, (e: { data?: unknown; lastEventId?: unknown }) => void>();
  constructor(
    readonly after = '',
    readonly focus: Focus = null,
  ) {}
  addEventListener(type: string, f: (e: { data?: unknown; lastEventId?: unknown }) => void): void {
    this.on.set(type, f);
  }
  close(): void {
    this.closed = true;
  }
  say(type: string, data?: unknown, lastEventId = ''): void {
    this.on.get(type)?.({ data: typeof data === 'string' ? data : JSON.stringify(data), lastEventId });
  }
  hello(): void {
    this.say('description', { site: { id: 's', areas: [] }, assets: [] });
    this.say('snapshot', { position: 1, now: Date.now(), values: [] });
  }
}

let wires: Wire[];
let store: LiveStore;
let clock: Clock;
let out: boolean;
let signedOut: number;
let stream: Stream;
const last = () => wires.at(-1) ?? new Wire();

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  wires = [];
  out = false;
  signedOut = 0;
  store = new LiveStore((f) => f());
  clock = new Clock();
  stream = runStream({
    store,
    clock,
    open: (after, focus) => {
      wires.push(new Wire(after, focus));
      return last();
    },
    signedOut: () => Promise.resolve(out),
    onSignedOut: () => signedOut++,
    random: () => 0.5,
  });
});

afterEach(() => {
  stream.end();
  vi.useRealTimers();
});

describe('runStream', () => {
  it('is live with the first snapshot', () => {
    expect(store.line().state).toBe('connecting');
    last().hello();
    expect(store.line().state).toBe('live');
  });

  it('notices silence within three seconds', () => {
    last().hello();
    vi.advanceTimersByTime(2100);
    expect(store.line().state).toBe('live');
    vi.advanceTimersByTime(500);
    expect(store.line().state).toBe('lost');
    expect(wires[0]?.closed).toBe(true);
  });

  it('stays live while it beats', () => {
    last().hello();
    for (let i = 0; i < 10; i++) {
      vi.advanceTimersByTime(1000);
      last().say('beat', { now: Date.now() });
    }
    expect(store.line().state).toBe('live');
    expect(wires).toHaveLength(1);
  });

  it('loses the line at once on an error and opens it again with growing pauses', () => {
    last().hello();
    last().say('error');
    expect(store.line()).toMatchObject({ state: 'lost', since: 1_000_000, retryAt: 1_000_500 });
    const pauses: number[] = [];
    for (let i = 0; i < 6; i++) {
      const before = wires.length;
      const from = Date.now();
      while (wires.length === before) vi.advanceTimersByTime(100);
      pauses.push(Date.now() - from);
      last().say('error');
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
    expect(store.line().since).toBe(1_000_000); // still the same outage
    while (!wires.some((w) => !w.closed)) vi.advanceTimersByTime(100);
    last().hello();
    expect(store.line().state).toBe('live');
    last().say('error');
    expect(store.line().retryAt - Date.now()).toBe(500); // a success starts the pauses anew
  });

  it('hears nothing more from a line it gave up', () => {
    const old = last();
    old.hello();
    old.say('error');
    old.say('change', { now: 1, values: [[0, 0, 1, 'good', 1]] });
    old.hello();
    expect(store.line().state).toBe('lost');
  });

  it('goes on behind the last event it has, and is live with the first beat', () => {
    last().hello();
    last().say('change', { now: 1, values: [] }, 'h.1.7');
    last().say('error');
    vi.advanceTimersByTime(500);
    expect(last().after).toBe('h.1.7');
    expect(store.line().state).toBe('lost');
    last().say('beat', { now: Date.now() });
    expect(store.line().state).toBe('live');
  });

  it('waits for the snapshot where the server begins anew', () => {
    last().hello();
    last().say('change', { now: 1, values: [] }, 'h.1.7');
    last().say('error');
    vi.advanceTimersByTime(500);
    last().say('description', { site: { id: 's', areas: [] }, assets: [] });
    last().say('beat', { now: Date.now() });
    expect(store.line().state).toBe('lost');
    last().say('snapshot', { position: 1, now: Date.now(), values: [] });
    expect(store.line().state).toBe('live');
  });

  it('begins anew behind what it could not read', () => {
    last().hello();
    last().say('change', { now: 1, values: [] }, 'h.1.7');
    last().say('change', 'nonsense', 'h.1.8');
    vi.advanceTimersByTime(500);
    expect(last().after).toBe('');
  });

  it('does not trust a stream it cannot read', () => {
    last().hello();
    last().say('change', 'nonsense');
    expect(store.line().state).toBe('lost');
    expect(store.rejected).toBe(1);
  });

  it('says when the session ended', async () => {
    out = true;
    last().say('error');
    await vi.advanceTimersByTimeAsync(300);
    expect(signedOut).toBe(1);
  });

  it('ends without a trace', () => {
    last().say('error');
    stream.end();
    vi.advanceTimersByTime(60_000);
    expect(wires).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('Clock', () => {
  it('takes the message that was quickest', () => {
    let local = 1000;
    const c = new Clock(() => local);
    c.observe(6000); // 5000 ahead
    local = 2000;
    c.observe(6400); // came 600 ms late
    expect(c.now()).toBe(7000);
    c.reset();
    c.observe(2500);
    expect(c.now()).toBe(2500);
    c.observe(0);
    expect(c.now()).toBe(2500);
  });

  it('ticks once a second while somebody listens', () => {
    const c = new Clock();
    let n = 0;
    const stop = c.subscribe(() => n++);
    vi.advanceTimersByTime(3000);
    expect(n).toBe(3);
    expect(c.tick()).toBe(Date.now());
    stop();
    vi.advanceTimersByTime(3000);
    expect(n).toBe(3);
  });
  it('looks elsewhere without losing the line: the next stream takes over with its first event', () => {
    last().hello();
    last().say('change', { position: 2, now: Date.now(), values: [] }, 'id-2');
    const first = last();
    stream.look(['a']);
    const second = last();
    expect([second.after, second.focus, first.closed]).toEqual(['id-2', ['a'], false]);
    first.say('change', { position: 3, now: Date.now(), values: [] }, 'id-3');
    expect(store.line().state).toBe('live');
    second.say('beat', { now: Date.now() });
    expect([first.closed, second.closed, store.line().state]).toEqual([true, false, 'live']);
    first.say('change', { position: 9, now: Date.now(), values: [] }, 'id-9');
    stream.look([]);
    expect(last().after).toBe('id-3');
  });
  it('loses the line when the stream that would take over cannot be opened, and asks for the same again', () => {
    last().hello();
    stream.look(['a']);
    last().say('error');
    expect(store.line().state).toBe('lost');
    vi.advanceTimersByTime(600);
    expect(wires).toHaveLength(3);
    expect(last().focus).toEqual(['a']);
    expect(wires.filter((w) => !w.closed)).toHaveLength(1);
  });
});
