import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiError, call, post, retryAfter } from './client';

const answer = (status: number, body: string, headers: Record<string, string> = {}) =>
  vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(new Response(body, { status, headers }))));

const failure = async (): Promise<ApiError> => {
  const e: unknown = await call('/x').catch((x: unknown) => x);
  if (!(e instanceof ApiError)) throw new Error('no ApiError');
  return e;
};

afterEach(() => vi.unstubAllGlobals());

describe('call', () => {
  it('gives what came', async () => {
    answer(200, '{"user":"admin"}');
    expect(await post('/session', { user: 'admin' })).toEqual({ user: 'admin' });
  });
  it('carries the server’s own words', async () => {
    answer(401, '{"error":{"code":"bad_credentials","message":"wrong"}}');
    expect(await failure()).toMatchObject({ status: 401, code: 'bad_credentials', message: 'wrong', away: false });
  });
  it('says a refusal in the language of the page', async () => {
    answer(409, '{"error":{"code":"refused","message":"A1 is P1","text":{"zh":"A1 为 P1","en":"A1 is P1"}}}');
    expect((await failure()).message).toBe('A1 is P1');
    vi.stubGlobal('document', { documentElement: { lang: 'zh-CN' } });
    answer(409, '{"error":{"code":"refused","message":"A1 is P1","text":{"zh":"A1 为 P1","en":"A1 is P1"}}}');
    expect((await failure()).message).toBe('A1 为 P1');
  });
  it('carries how long to wait', async () => {
    answer(429, '{"error":{"code":"slow","message":"wait"}}', { 'Retry-After': '12' });
    expect((await failure()).retryAfter).toBe(12);
  });
  it('survives a proxy’s page and a garbled answer', async () => {
    answer(502, '<html>');
    expect(await failure()).toMatchObject({ status: 502, code: 'http', away: true });
    answer(200, '{"half":');
    expect(await failure()).toMatchObject({ status: 0, code: 'garbled' });
  });
  it('says when nobody answers', async () => {
    vi.stubGlobal('fetch', vi.fn(() => Promise.reject(new TypeError('refused'))));
    expect(await failure()).toMatchObject({ status: 0, code: 'away', away: true });
  });
});

it('reads Retry-After as seconds or as a date', () => {
  const now = Date.UTC(2026, 0, 1);
  expect(retryAfter('7', now)).toBe(7);
  expect(retryAfter(new Date(now + 5000).toUTCString(), now)).toBe(5);
  expect(retryAfter(null, now)).toBe(0);
  expect(retryAfter('soon', now)).toBe(0);
});
