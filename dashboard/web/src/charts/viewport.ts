import type { Clock } from '../live/clock';
import { LONGEST, SHORTEST, type Span, lengthOf } from './window';

const SETTLE_MS = 180; // of rest before what is seen is asked for
const AT_NOW = 0.01; // of the length: nearer to the present follows it

/** Both ends within what can be charted; an end at the present follows it. */
export function bounded(from: number, to: number, now: number): Span {
  const length = Math.min(Math.max(to - from, SHORTEST), LONGEST);
  const middle = (from + to) / 2;
  const start = to - from === length ? from : middle - length / 2;
  if (start + length >= now - length * AT_NOW) return { live: true, length };
  const first = Math.max(start, 0);
  return { live: false, from: first, to: first + length };
}

/**
 * The window of time that the panels of one chart share. It moves with the
 * pointer and with time, outside React; who asks for data hears of it when it rests.
 */
export class Viewport {
  private span_: Span;
  private readonly movers = new Set<() => void>();
  private settled: (s: Span) => void = () => undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    span: Span,
    private readonly clock: Clock,
  ) {
    this.span_ = span;
  }

  get span(): Span {
    return this.span_;
  }

  /** Who is to hear of a span at rest; the returned function ends it, and what was to come. */
  onRest(f: (s: Span) => void): () => void {
    this.settled = f;
    return () => {
      clearTimeout(this.timer);
      this.settled = () => undefined;
    };
  }

  /** What is seen now, ms. */
  bounds(): [number, number] {
    const s = this.span_;
    if (!s.live) return [s.from, s.to];
    const now = this.clock.now();
    return [now - s.length, now];
  }

  /** Takes a span that somebody chose elsewhere: nobody has to be told. */
  adopt(span: Span): void {
    clearTimeout(this.timer);
    this.span_ = span;
    this.move();
  }

  /** Moves by a share of the length; to the past below zero. */
  pan(share: number): void {
    const [from, to] = this.bounds();
    const by = (to - from) * share;
    this.go(from + by, to + by);
  }

  /** Makes the window longer by a factor; the instant at a share of it stays where it is. */
  zoom(factor: number, at: number): void {
    const [from, to] = this.bounds();
    const length = Math.min(Math.max((to - from) * factor, SHORTEST), LONGEST);
    const pivot = from + (to - from) * at;
    this.go(pivot - length * at, pivot + length * (1 - at));
  }

  go(from: number, to: number): void {
    this.span_ = bounded(from, to, this.clock.now());
    this.move();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settled(this.span_), SETTLE_MS);
  }

  /** The last stretch of the same length, moving on with time. */
  follow(): void {
    this.span_ = { live: true, length: lengthOf(this.span_) };
    this.move();
    this.settled(this.span_);
  }

  subscribe(f: () => void): () => void {
    this.movers.add(f);
    return () => this.movers.delete(f);
  }

  private move(): void {
    for (const f of this.movers) f();
  }
}
