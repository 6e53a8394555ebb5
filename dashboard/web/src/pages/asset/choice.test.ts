import { expect, it } from 'vitest';
import { readChoice, writeChoice } from './choice';

it('goes into the address and comes back', () => {
  for (const c of [
    { points: ['a', 'b'], range: '7d' },
    { points: [], range: '1h' },
    { points: null, range: '1h' },
  ] as const) {
    expect(readChoice(writeChoice(c))).toEqual(c);
  }
  expect(readChoice(new URLSearchParams('range=2y')).range).toBe('1h');
  expect(writeChoice({ points: null, range: '1h' }).toString()).toBe('');
});
