import type { TimeShape } from '../points/format';

const DAY = 86_400_000;
const FLATTEN = 1.6; // a limit that would make the data's range so many times larger stays outside

/** Room around what is seen: little, and not below zero for what never is. */
export function yRange(min: number | null, max: number | null, limits: readonly { readonly value: number }[]): [number, number] {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const reach = Math.max((max - min) * FLATTEN, Math.abs(max) * 0.1);
  let [low, high] = [min, max];
  for (const { value } of limits) {
    if (value < low && max - value <= reach) low = value;
    if (value > high && value - min <= reach) high = value;
  }
  const pad = high > low ? (high - low) * 0.08 : Math.max(Math.abs(high) * 0.05, 1);
  return [low >= 0 ? Math.max(0, low - pad) : low - pad, high + pad];
}

/** How times are written on an axis with so long between its ticks, ms. */
export function shapeFor(increment: number): TimeShape {
  if (increment >= DAY) return 'day';
  return increment >= 60_000 ? 'minute' : 'second';
}
