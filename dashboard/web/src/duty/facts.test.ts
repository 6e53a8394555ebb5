import { expect, it } from 'vitest';
import { takesBack } from './TakeBack';

it('what people told can be taken back, what the site file says cannot', () => {
  expect(takesBack({ at: '2026-11-24T02:00:00Z' })).toBe(true);
  expect([takesBack({}), takesBack({ at: '0001-01-01T00:00:00Z' })]).toEqual([false, false]);
});
