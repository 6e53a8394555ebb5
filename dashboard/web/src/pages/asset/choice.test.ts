import { expect, it } from 'vitest';
import { HOURLY } from '../../charts/window';
import { readChoice, writeChoice } from './choice';

it('goes into the address and comes back', () => {
  for (const c of [
    { points: ['a', 'b'], span: { live: true, length: 7 * 86_400_000 } },
    { points: [], span: HOURLY },
    { points: null, span: { live: false, from: 1_700_000_000_000, to: 1_700_000_060_000 } },
  ] as const) {
    expect(readChoice(writeChoice(c))).toEqual(c);
  }
  expect(readChoice(new URLSearchParams('range=2y')).span).toEqual(HOURLY);
  expect(writeChoice({ points: null, span: HOURLY }).toString()).toBe('');
});
