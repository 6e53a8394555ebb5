import { MEDIA, type Medium } from './meters';
import { EVERY, type Every } from './periods';

/** What the page shows: it stands in the address. */
export interface EnergyChoice {
  readonly medium: Medium;
  readonly every: Every;
  readonly meters: readonly string[] | null; // null: nobody has chosen
  readonly end: number | null; // ms, an instant in the last period; null: now
}

export function readEnergy(q: URLSearchParams): EnergyChoice {
  const meters = q.get('meters');
  const end = Number(q.get('end') ?? 0);
  return {
    medium: MEDIA.find((m) => m === q.get('medium')) ?? 'electricity',
    every: EVERY.find((e) => e === q.get('every')) ?? 'day',
    meters: meters === null ? null : [...new Set(meters.split(',').filter(Boolean))],
    end: Number.isSafeInteger(end) && end > 0 ? end : null,
  };
}

export function writeEnergy(c: EnergyChoice): URLSearchParams {
  const q = new URLSearchParams();
  if (c.medium !== 'electricity') q.set('medium', c.medium);
  if (c.every !== 'day') q.set('every', c.every);
  if (c.meters !== null) q.set('meters', c.meters.join(','));
  if (c.end !== null) q.set('end', String(Math.floor(c.end)));
  return q;
}
