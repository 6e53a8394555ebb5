// What a hand does to a chart: wheel, drag, pinch and keys. It knows no chart.

export interface Moves {
  /** Moves the window by a share of its length, to the past below zero. */
  readonly pan: (share: number) => void;
  /** Makes the window longer by a factor around a share of it. */
  readonly zoom: (factor: number, at: number) => void;
  /** A stretch was marked, as shares of the window. */
  readonly choose: (from: number, to: number) => void;
  /** Shows the stretch that is being marked, or none. */
  readonly marking: (from: number, to: number) => void;
}

const NOTCH = 0.0016; // of zoom, a pixel of wheel
const LINE = 16; // px, where a wheel counts lines
const DEAD = 4; // px before a press is a drag

const clamp = (x: number) => Math.min(Math.max(x, 0), 1);

/** Listens on a chart's plotting area; the returned function stops it. */
export function listen(area: HTMLElement, m: Moves): () => void {
  const held = new Map<number, number>(); // pointer to x
  let dragging = false;
  let begun: number | null = null; // x where marking began
  const share = (x: number) => {
    const box = area.getBoundingClientRect();
    return (x - box.left) / Math.max(box.width, 1);
  };

  const wheel = (e: WheelEvent) => {
    if (e.ctrlKey && e.deltaY === 0) return;
    e.preventDefault();
    const unit = e.deltaMode === 1 ? LINE : 1;
    if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
      m.pan(((e.deltaX || e.deltaY) * unit) / Math.max(area.clientWidth, 1));
      return;
    }
    const turn = Math.min(Math.max(e.deltaY * unit * (e.ctrlKey ? 6 : 1), -400), 400);
    m.zoom(Math.exp(turn * NOTCH), clamp(share(e.clientX)));
  };

  const down = (e: PointerEvent) => {
    if (e.button !== 0) return;
    held.set(e.pointerId, e.clientX);
    dragging = held.size > 1;
    begun = e.shiftKey && held.size === 1 ? e.clientX : null;
    if (begun !== null) area.setPointerCapture(e.pointerId);
  };

  const pinch = (id: number, x: number, old: number) => {
    const other = [...held].find(([k]) => k !== id)?.[1];
    if (other === undefined) return;
    const before = Math.max(Math.abs(old - other), 12);
    const after = Math.max(Math.abs(x - other), 12);
    m.zoom(before / after, clamp(share((old + other) / 2)));
    m.pan(-(x - old) / 2 / Math.max(area.clientWidth, 1));
  };

  const move = (e: PointerEvent) => {
    const old = held.get(e.pointerId);
    if (old === undefined) return;
    if (begun !== null) {
      m.marking(clamp(share(Math.min(begun, e.clientX))), clamp(share(Math.max(begun, e.clientX))));
      return;
    }
    if (held.size === 1 && !dragging) {
      if (Math.abs(e.clientX - old) < DEAD) return;
      dragging = true;
      area.setPointerCapture(e.pointerId);
      area.classList.add('dragging');
    }
    if (held.size > 1) pinch(e.pointerId, e.clientX, old);
    else m.pan(-(e.clientX - old) / Math.max(area.clientWidth, 1));
    held.set(e.pointerId, e.clientX);
  };

  const up = (e: PointerEvent) => {
    if (!held.delete(e.pointerId)) return;
    if (begun !== null && e.type === 'pointerup' && Math.abs(e.clientX - begun) >= DEAD) {
      m.choose(clamp(share(Math.min(begun, e.clientX))), clamp(share(Math.max(begun, e.clientX))));
    }
    begun = null;
    m.marking(0, 0);
    if (held.size === 0) {
      dragging = false;
      area.classList.remove('dragging');
    }
  };

  area.addEventListener('wheel', wheel, { passive: false });
  area.addEventListener('pointerdown', down);
  area.addEventListener('pointermove', move);
  area.addEventListener('pointerup', up);
  area.addEventListener('pointercancel', up);
  return () => {
    area.removeEventListener('wheel', wheel);
    area.removeEventListener('pointerdown', down);
    area.removeEventListener('pointermove', move);
    area.removeEventListener('pointerup', up);
    area.removeEventListener('pointercancel', up);
  };
}

/** What a key asks of a chart, or null for a key that is not a chart's. */
export type KeyMove = { readonly pan: number } | { readonly zoom: number } | 'follow' | null;

const KEYS: Readonly<Record<string, readonly [KeyMove, KeyMove]>> = {
  // alone, with Shift
  ArrowLeft: [{ pan: -0.1 }, { pan: -0.5 }],
  ArrowRight: [{ pan: 0.1 }, { pan: 0.5 }],
  PageUp: [{ pan: -1 }, { pan: -1 }],
  PageDown: [{ pan: 1 }, { pan: 1 }],
  '+': [{ zoom: 0.5 }, { zoom: 0.5 }],
  '=': [{ zoom: 0.5 }, { zoom: 0.5 }],
  '-': [{ zoom: 2 }, { zoom: 2 }],
  _: [{ zoom: 2 }, { zoom: 2 }],
  End: ['follow', 'follow'],
};

export function keyMove(key: string, shift: boolean): KeyMove {
  return KEYS[key]?.[shift ? 1 : 0] ?? null;
}
