import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Focus, followFocus } from './focus';
import { LiveStore } from './store';

let store: LiveStore;
let asked: Focus[];
let end: () => void;
const show = (asset: string) => store.subscribe(`point:${asset}/power`, () => undefined);

beforeEach(() => {
  vi.useFakeTimers();
  store = new LiveStore((f) => f());
  asked = [];
  end = followFocus(store, (f) => asked.push(f));
});
afterEach(() => {
  end();
  vi.useRealTimers();
});

describe('followFocus', () => {
  it('leaves everything coming until the page has rested', () => {
    show('a');
    vi.advanceTimersByTime(4900);
    expect(asked).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(asked).toEqual([['a']]);
  });
  it('asks at once for what is shown now, and for less only after a while', () => {
    const hide = show('a');
    vi.advanceTimersByTime(6000);
    show('b');
    vi.advanceTimersByTime(60);
    expect(asked.at(-1)).toEqual(['a', 'b']);
    hide();
    vi.advanceTimersByTime(4000);
    expect(asked.at(-1)).toEqual(['a', 'b']);
    vi.advanceTimersByTime(2000);
    expect(asked.at(-1)).toEqual(['b']);
  });
  it('wants nothing where nothing is shown, and all where much is', () => {
    vi.advanceTimersByTime(6000);
    expect(asked).toEqual([[]]);
    for (let i = 0; i < 13; i++) show(`a${i}`);
    vi.advanceTimersByTime(60);
    expect(asked.at(-1)).toBeNull();
    store.subscribe('line', () => undefined);
    show('a14');
    vi.advanceTimersByTime(10_000);
    expect(asked).toHaveLength(2);
  });
  it('does not put off what is missing while more and more is shown', () => {
    vi.advanceTimersByTime(6000);
    for (let i = 0; i < 5; i++) {
      show(`a${i}`);
      vi.advanceTimersByTime(20);
    }
    expect(asked.length).toBeGreaterThan(1);
  });
});
