// Pure arithmetic behind the drawings.

const WIDE = /[\u25b2\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/;
const NARROW = /[ilj.,:;'|!()[\]tfr ]/;

/** About how wide a text is, in the units of its font size. */
export function textWidth(text: string, size: number): number {
  let em = 0;
  for (const c of text) em += WIDE.test(c) ? 1 : NARROW.test(c) ? 0.34 : /[A-Z%MWmw°]/.test(c) ? 0.76 : 0.62;
  return em * size;
}

/** The text, cut with an ellipsis to a width. */
export function fit(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  let out = '';
  for (const c of text) {
    if (textWidth(`${out}${c}…`, size) > width) break;
    out += c;
  }
  return `${out.trimEnd()}…`;
}

/** The text in one line, or in two where one is too narrow: after a space, or before or after a wide letter. */
export function wrap(text: string, size: number, width: number): string[] {
  if (textWidth(text, size) <= width) return [text];
  const letters = Array.from(text);
  for (let at = letters.length - 1; at > 0; at--) {
    const [before, after] = [letters[at - 1] ?? '', letters[at] ?? ''];
    const first = letters.slice(0, at).join('').trimEnd();
    if ((before === ' ' || WIDE.test(before) || WIDE.test(after)) && textWidth(first, size) <= width) {
      return [first, fit(letters.slice(at).join('').trimStart(), size, width)];
    }
  }
  return [fit(text, size, width)];
}

/** A value's place between low and high as 0 to 1. */
export function share(n: number, low: number, high: number): number {
  if (!(high > low)) return 0;
  return Math.min(Math.max((n - low) / (high - low), 0), 1);
}

/**
 * Unbalance of phases as people judge it: the largest distance from the mean,
 * as a share of the mean. Null unless every phase is known and something flows.
 */
export function imbalance(phases: readonly (number | null)[]): number | null {
  if (phases.length < 2) return null;
  const known = phases.filter((n): n is number => n !== null).map(Math.abs);
  if (known.length !== phases.length) return null;
  const mean = known.reduce((a, b) => a + b, 0) / known.length;
  if (mean <= 0) return null;
  return Math.max(...known.map((n) => Math.abs(n - mean))) / mean;
}

export type Door = 'closed' | 'opening' | 'open' | 'closing' | 'fault';

/** How far a door stands open, 0 to 1. */
export function doorGap(door: Door): number {
  return { closed: 0, opening: 0.5, open: 0.9, closing: 0.5, fault: 0.2 }[door];
}

/** A lift's door from its state, else from its switches; null when nothing that can be trusted says so. */
export function doorOf(state: string, open: boolean | null, openLimit: boolean | null, closedLimit: boolean | null): Door | null {
  if (state === 'closed' || state === 'opening' || state === 'open' || state === 'closing' || state === 'fault') return state;
  if (openLimit === true || open === true) return 'open';
  if (closedLimit === true || open === false) return 'closed';
  return null;
}
