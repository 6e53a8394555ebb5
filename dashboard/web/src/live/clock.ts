/**
 * The server's clock as the page knows it. A message's way here makes its time
 * look too old by the delay, so the largest of the last few offsets is nearest
 * to the truth. One ticker tells everything that shows an age.
 */
export class Clock {
  private offsets: number[] = [];
  private offset = 0;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setInterval> | undefined;
  private tick_ = 0;

  constructor(private readonly local: () => number = Date.now) {
    this.tick_ = local();
  }

  /** Takes the server's time of a message that has just come. */
  observe(serverNow: number): void {
    if (serverNow <= 0) return;
    this.offsets.push(serverNow - this.local());
    if (this.offsets.length > 8) this.offsets.shift();
    this.offset = Math.max(...this.offsets);
  }

  /** Forgets the offsets: the line, or this machine's clock, is another now. */
  reset(): void {
    this.offsets = [];
  }

  /** The server's time, ms. */
  now(): number {
    return this.local() + this.offset;
  }

  /** The server's time at the last tick: the same for all ages of one frame. */
  tick = (): number => this.tick_;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.timer === undefined) {
      this.tick_ = this.now();
      this.timer = setInterval(() => {
        this.tick_ = this.now();
        for (const l of this.listeners) l();
      }, 1000);
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  };
}
