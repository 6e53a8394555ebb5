import { formatTime } from '../points/format';

/** The wall clock of an instant, as if it were UTC, ms. */
export function wallOf(ms: number, zone: string): number {
  return Date.parse(`${formatTime(ms, zone).replace(' ', 'T')}Z`);
}

/** The instant at which the zone's clocks show a wall time; where they show it twice, the first. */
export function instantOf(wall: number, zone: string): number {
  const offset = (at: number) => wallOf(at, zone) - Math.floor(at / 1000) * 1000;
  const early = wall - offset(wall - 86_400_000);
  if (wallOf(early, zone) === wall) return early;
  const late = wall - offset(wall + 86_400_000);
  return wallOf(late, zone) === wall ? late : early;
}

/** What a datetime-local field shows for an instant. */
export function toField(ms: number, zone: string): string {
  return formatTime(ms, zone).replace(' ', 'T');
}

/** The instant that a datetime-local field means in the zone, or NaN. */
export function fromField(text: string, zone: string): number {
  const wall = Date.parse(`${text}${/T\d\d:\d\d$/.test(text) ? ':00' : ''}Z`);
  return Number.isNaN(wall) ? NaN : instantOf(wall, zone);
}

/** An instant as ISO 8601 with the zone's offset: 2026-03-01T12:03:22+08:00. */
export function isoIn(ms: number, zone: string): string {
  const minutes = Math.round((wallOf(ms, zone) - Math.floor(ms / 1000) * 1000) / 60_000);
  const two = (n: number) => String(Math.floor(Math.abs(n))).padStart(2, '0');
  return `${toField(ms, zone)}${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
