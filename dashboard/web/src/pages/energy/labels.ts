import { formatTime } from '../../points/format';
import type { Bar, Every } from './periods';

/** A period's name under its bar. */
export function barLabel(b: Bar, every: Every, zone: string): string {
  if (every === 'hour') return formatTime(b.start, zone, 'minute');
  if (every === 'month') return formatTime(b.start, zone).slice(0, 7);
  return formatTime(b.start, zone, 'day');
}

/** A period in full. */
export function barSpan(b: Bar, every: Every, zone: string): string {
  const full = formatTime(b.start, zone);
  if (every === 'hour') return `${full.slice(0, 16)}–${formatTime(b.end, zone, 'minute')}`;
  if (every === 'day') return full.slice(0, 10);
  if (every === 'month') return full.slice(0, 7);
  return `${full.slice(0, 10)} … ${formatTime(b.end - 1000, zone).slice(0, 10)}`;
}
