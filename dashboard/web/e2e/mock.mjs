// A stand-in for the gateway that speaks its HTTP contract, with a small site
// in every state worth looking at: a wet leak, a lost lift, a bad point, a
// stale sensor, an uncertain one, gaps in history. Plain node, no dependency.
//   node e2e/mock.mjs [port [points]]      then sign in as admin with the password "mock"
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerMore } from './mock-more.mjs';
import { makeDuty } from './mock-duty.mjs';
import { assets, grow, historyOf, site, step, systemStatus, valuesNow } from './mock-site.mjs';

const DIST = process.env.STEWARD_DIST ?? fileURLToPath(new URL('../dist/', import.meta.url));
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

function send(res, status, body, headers = {}) {
  res.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  res.end(status === 204 ? undefined : JSON.stringify(body));
}

const refuse = (res, status, code, message, headers) => send(res, status, { error: { code, message } }, headers);

async function bytesOf(req) {
  const parts = [];
  for await (const part of req) parts.push(part);
  return Buffer.concat(parts);
}

const bodyOf = async (req) => JSON.parse((await bytesOf(req)).toString('utf8') || '{}');

function serveFile(res, path) {
  let file = join(DIST, normalize(path));
  if (!file.startsWith(DIST) || !existsSync(file) || statSync(file).isDirectory()) file = join(DIST, 'index.html');
  res.writeHead(200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    // What a careful server says; the page must work under it.
    'Content-Security-Policy':
      "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
  });
  createReadStream(file).pipe(res);
}

/** Starts the stand-in; gives its address and the means to misbehave. */
export function startMock(port = 0, points = 0) {
  grow(points);
  const sessions = new Set();
  const streams = new Set();
  let failures = 0;
  let position = 1;
  let silent = false;

  const session = (req) => /session=(\w+)/.exec(req.headers.cookie ?? '')?.[1];
  const rows = (changed) => valuesNow(changed);
  const event = (type, data) => `event: ${type}\nid: ${position}\ndata: ${JSON.stringify(data)}\n\n`;

  const duty = makeDuty(site, assets, (changes) => {
    const data = `event: duty\ndata: ${JSON.stringify(changes)}\n\n`;
    if (!silent) for (const s of streams) s.write(data);
  });

  const timer = setInterval(() => {
    const changed = step();
    position++;
    const text = event('change', { position, now: Date.now(), values: rows(changed) });
    if (!silent) for (const s of streams) s.write(text);
  }, 1000);
  const beat = setInterval(() => {
    if (!silent) for (const s of streams) s.write(event('beat', { now: Date.now() }));
  }, 1000);

  async function api(req, res, url) {
    const path = url.pathname.slice('/api/v1'.length);
    if (path === '/session' && req.method === 'POST') {
      const { user, password } = await bodyOf(req);
      if (failures >= 3) {
        setTimeout(() => (failures = 0), 3000).unref();
        return refuse(res, 429, 'too_many_tries', 'too many tries', { 'Retry-After': '3' });
      }
      if (user !== 'admin' || password !== 'mock') {
        failures++;
        return refuse(res, 401, 'bad_credentials', 'wrong user or password');
      }
      const id = Math.random().toString(36).slice(2);
      sessions.add(id);
      return send(res, 200, { user }, { 'Set-Cookie': `session=${id}; HttpOnly; SameSite=Strict; Path=/` });
    }
    if (!sessions.has(session(req))) return refuse(res, 401, 'no_session', 'sign in first');
    if (path === '/session' && req.method === 'DELETE') {
      sessions.delete(session(req));
      return send(res, 204);
    }
    if (path === '/session') return send(res, 200, { user: 'admin' });
    if (path === '/site') return send(res, 200, site);
    if (path === '/assets') return send(res, 200, { assets });
    if (path === '/system') return send(res, 200, systemStatus());
    if (path === '/live') {
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      res.write(event('description', { site, assets }));
      res.write(event('snapshot', { position, now: Date.now(), values: rows() }));
      streams.add(res);
      req.on('close', () => streams.delete(res));
      return undefined;
    }
    const history = /^\/assets\/([^/]+)\/history$/.exec(path);
    if (history) {
      const asset = assets.find((a) => a.id === decodeURIComponent(history[1]));
      if (!asset) return refuse(res, 404, 'unknown_asset', 'no such asset');
      return send(res, 200, historyOf(asset, url.searchParams));
    }
    const photo = duty.photo(path);
    if (photo) {
      res.writeHead(200, { 'Content-Type': photo.type });
      return res.end(photo.body);
    }
    // A chart asks for a stretch of time; every other list is of the present or pages back.
    const charted = url.searchParams.has('from') ? answerMore(path, url.searchParams, assets) : undefined;
    if (charted !== undefined && req.method === 'GET') return send(res, 200, charted);
    const told = duty.answer(req.method, path, url.searchParams, req.method === 'POST' ? await bytesOf(req) : null, req.headers['content-type']);
    if (told) return send(res, ...told);
    const more = answerMore(path, url.searchParams, assets);
    if (more !== undefined) return send(res, 200, more);
    return refuse(res, 404, 'not_found', 'no such path');
  }

  const server = createServer((req, res) => {
    const url = new URL(req.url, 'http://mock');
    if (url.pathname.startsWith('/api/')) {
      api(req, res, url).catch((e) => refuse(res, 500, 'mock', String(e)));
    } else serveFile(res, url.pathname);
  });
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        password: 'mock',
        /** Cuts every stream, as a broken network does. */
        cut: () => streams.forEach((s) => s.destroy()),
        /** Says nothing more on open streams, as a dead machine does. */
        hush: (on) => (silent = on),
        /** Raises an alarm. */
        raise: duty.raise,
        endSessions: () => sessions.clear(),
        close: () => {
          clearInterval(timer);
          clearInterval(beat);
          streams.forEach((s) => s.destroy());
          server.closeAllConnections();
          return new Promise((done) => server.close(done));
        },
      }),
    );
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = await startMock(Number(process.argv[2] ?? 0), Number(process.argv[3] ?? 0));
  console.log(`listening on ${mock.url}, password ${mock.password}`);
}
