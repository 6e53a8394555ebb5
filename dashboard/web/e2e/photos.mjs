// Photographs every page at every size, in both languages and both themes, for
// people to look at, and says where a page is too wide, logs an error or keeps
// people out. Starts a demo of its own, in which things have happened; with
// STEWARD_URL and STEWARD_PASSWORD it goes to a running gateway.
//   node e2e/photos.mjs [part of a picture's name]...
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openBrowser } from './browser.mjs';
import { accessible, noOverflow, until } from './checks.mjs';
import { pagesOf, whatThereIs } from './pages.mjs';

const SIZES = [
  { size: 'phone', width: 390, height: 844 },
  { size: 'desk', width: 1440, height: 900 },
  { size: 'wide', width: 2560, height: 1440 },
];
const LOOKS = [
  { look: 'zh-light', language: 'zh-CN', dark: false },
  { look: 'zh-dark', language: 'zh-CN', dark: true },
  { look: 'en-light', language: 'en-US', dark: false },
  { look: 'en-dark', language: 'en-US', dark: true },
];
const INCIDENTS = ['leak', 'entrapment', 'dry-run', 'phase-loss'];

const only = process.argv.slice(2);
const wanted = (name) => only.length === 0 || only.some((part) => name.includes(part));
const shots = fileURLToPath(new URL('./shots/photos/', import.meta.url));
const steward = process.env.STEWARD ?? fileURLToPath(new URL('../../../bin/steward', import.meta.url));
mkdirSync(shots, { recursive: true });

/** A demo in which an alarm of each kind and its ticket stand open. */
async function startDemo() {
  const demo = spawn(steward, ['demo', '--no-incidents', '--listen', '127.0.0.1:0', '--field-port', process.env.STEWARD_FIELD_PORT ?? '17020'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const said = createInterface({ input: demo.stdout })[Symbol.asyncIterator]();
  const line = async (prefix) => {
    for (;;) {
      const { value, done } = await said.next();
      if (done) throw new Error(`${steward} demo ended before it said "${prefix}"`);
      if (value.startsWith(prefix)) return value.slice(prefix.length);
    }
  };
  const url = await line('listening on ');
  const password = await line('user admin password ');
  for (const name of INCIDENTS) demo.stdin.write(`${name}\n`);
  const close = () => {
    demo.kill('SIGTERM');
    return new Promise((ended) => demo.once('exit', ended));
  };
  return { url, password, close };
}

async function open(target, size, look) {
  const browser = await openBrowser({ ...size, ...look });
  const { page } = browser;
  await page.emulateMedia({ reducedMotion: 'reduce' }); // or what blinks is missing from every third picture
  await page.goto(target.url);
  await page.evaluate((l) => localStorage.setItem('steward.language', l), look.language.slice(0, 2));
  await page.reload();
  await page.locator('input[type=password]').fill(target.password);
  return browser;
}

/** People have answered some of it: an alarm acknowledged, a ticket under way, one thing told. */
async function livedIn(target) {
  const browser = await open(target, SIZES[1], LOOKS[0]);
  const { page } = browser;
  await page.locator('button[type=submit]').click();
  await page.locator('article.card').first().waitFor();
  await until('the incidents’ alarms', async () => (await whatThereIs(page)).alarms.length >= INCIDENTS.length, 240_000);
  const { alarms, tickets } = await whatThereIs(page);
  const act = (path, body) =>
    page.evaluate(([to, what]) => fetch(`/api/v1${to}/actions`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(what) }), [path, body]);
  await act(`/alarms/${alarms[0].id}`, { do: 'acknowledge' });
  if (tickets.length > 0) await act(`/tickets/${tickets[0].id}`, { do: 'accept' });
  await page.waitForTimeout(1500);
  const there = await whatThereIs(page);
  await browser.close();
  return there;
}

const faults = [];

async function walk(target, there, size, look) {
  const name = `${size.size}-${look.look}`;
  const pages = pagesOf(there).filter((p) => wanted(`${name}-${p.name}.`));
  const walls = [0, 1, 2].filter((i) => wanted(`${name}-wall-${i}.`));
  if (pages.length + walls.length === 0 && !wanted(`${name}-sign-in.`)) return;
  const browser = await open(target, size, look);
  const { page, problems } = browser;
  const where = { page, view: size };
  const keep = async (what, whole) => {
    const full = `${name}-${what}`;
    await page.screenshot({ path: `${shots}${full}.png`, fullPage: whole === true });
    for (const check of [noOverflow, accessible]) await check(where, full).catch((e) => faults.push(e.message));
    if (problems.length > 0) faults.push(`${full}, console: ${problems.join('\n')}`);
    problems.length = 0;
  };
  problems.length = 0; // the browser notes the 401 that says nobody is signed in yet
  if (wanted(`${name}-sign-in.`)) await keep('sign-in');
  await page.locator('button[type=submit]').click();
  await page.locator('article.card').first().waitFor();
  for (const p of pages) {
    await page.goto(target.url + p.path);
    await page.locator(p.ready).first().waitFor().catch(() => faults.push(`${name}-${p.name}: no ${p.ready}`));
    await page.waitForTimeout(1200);
    await keep(p.name, p.whole);
  }
  if (walls.length > 0) await page.goto(`${target.url}/wall?every=5s`);
  for (const i of walls) {
    await page.waitForTimeout(i === 0 ? 2500 : 5000);
    await keep(`wall-${i}`);
  }
  await browser.close();
  console.log(`${name}: ${pages.length + walls.length} pages`);
}

const given = process.env.STEWARD_URL;
const target = given ? { url: given.replace(/\/$/, ''), password: process.env.STEWARD_PASSWORD ?? '', close: () => undefined } : await startDemo();
try {
  const there = await livedIn(target);
  const looks = SIZES.flatMap((size) => LOOKS.map((look) => [size, look]));
  const lane = async () => {
    for (let next = looks.shift(); next; next = looks.shift()) await walk(target, there, ...next);
  };
  await Promise.all([lane(), lane()]); // most of the time is waiting
} finally {
  await target.close();
}
if (faults.length > 0) {
  console.error(`${faults.length} faults\n${faults.join('\n')}`);
  process.exit(1);
}
