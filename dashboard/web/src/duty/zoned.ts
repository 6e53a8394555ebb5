import { formatTime } from '../points/format';

/** An instant as an input of date and time shows it, in the site's zone: 2026-03-01T12:03. */
export function toZoned(ms: number, zone: string): string {
  return formatTime(ms, zone).slice(0, 16).replace(' ', 'T');
}

/** The instant of a date and time in the site's zone, or NaN. In an hour that the clocks skip: the one after. */
export function fromZoned(text: string, zone: string): number {
  const wanted = Date.parse(`${text}:00Z`);
  if (Number.isNaN(wanted)) return NaN;
  let ms = wanted;
  for (let i = 0; i < 3; i++) {
    const off = Date.parse(`${toZoned(ms, zone)}:00Z`) - wanted;
    if (off === 0) return ms;
    ms -= off;
  }
  return ms;
}
