// Opens the page as people do and fails on anything they would trip over. With
// STEWARD_URL and STEWARD_PASSWORD it drives a running gateway; without them
// the stand-in of mock.mjs, which also loses its line and its sessions.
//   node e2e/run.mjs [part of a run's name]...
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openBrowser } from './browser.mjs';
import { startMock } from './mock.mjs';
import { budget } from './budget.mjs';
import { accessible, noOverflow, until } from './checks.mjs';
import { chartPages } from './chart-steps.mjs';
import { dutyPages } from './duty-steps.mjs';
import { pagesOf, whatThereIs } from './pages.mjs';
import { brokenLine, everyPage, signIn, wrongPassword } from './steps.mjs';

const views = [
  { name: 'desk-zh-dark', width: 1440, height: 900, language: 'zh-CN', dark: true },
  { name: 'desk-en-light', width: 1440, height: 900, language: 'en-US', dark: false },
  { name: 'wide-zh-dark', width: 2560, height: 1440, language: 'zh-CN', dark: true },
  { name: 'wide-en-light', width: 2560, height: 1440, language: 'en-US', dark: false },
  { name: 'phone-zh-light', width: 390, height: 844, language: 'zh-CN', dark: false },
  { name: 'phone-en-dark', width: 390, height: 844, language: 'en-US', dark: true },
];

const given = process.env.STEWARD_URL;
const shots = fileURLToPath(new URL(given ? './shots/' : './shots/stand-in/', import.meta.url));
mkdirSync(shots, { recursive: true });
const mock = given ? null : await startMock();
const target = mock ?? { url: given.replace(/\/$/, ''), password: process.env.STEWARD_PASSWORD ?? '' };
let failed = 0;
const only = process.argv.slice(2);
const wanted = (name) => only.length === 0 || only.some((part) => name.includes(part));

async function run(name, view, steps) {
  if (!wanted(name)) return;
  const browser = await openBrowser(view);
  const own = given ? new URL(target.url).origin : 'http://127\\.0\\.0\\.1:\\d+';
  const shot = (what) => browser.page.screenshot({ path: `${shots}${view.name}-${what}.png` });
  try {
    await steps({ ...browser, target, mock, view, shot });
    const origins = browser.origins().filter((o) => !new RegExp(`^(null|${own})$`).test(o));
    if (origins.length > 0) throw new Error(`requests to elsewhere: ${origins.join(', ')}`);
    if (browser.problems.length > 0) throw new Error(`console: ${browser.problems.join('\n')}`);
    console.log(`ok    ${name}`);
  } catch (e) {
    failed++;
    await shot('failed').catch(() => undefined);
    console.error(`FAIL  ${name}\n${e instanceof Error ? e.stack : e}\n${browser.problems.join('\n')}`);
  } finally {
    await browser.close();
  }
}

/** What the steps do not go through, with what this gateway has: kinds, alarms, tickets. */
async function theRest(t) {
  await signIn(t);
  // A demo's first incident comes after a minute.
  const there = await until('alarms and tickets', async () => {
    const now = await whatThereIs(t.page);
    return now.alarms.length > 0 && now.tickets.length > 0 && now;
  }, 120_000);
  const faces = t.view === views[0] || t.view === views.at(-1);
  const others = /^(alarm-|alarms-history|ticket-|tickets-list|rule$|compare|energy)/;
  for (const p of pagesOf(there)) {
    if (!others.test(p.name) && !(faces && p.name.startsWith('face-'))) continue;
    await t.page.goto(target.url + p.path);
    await t.page.locator(p.ready).first().waitFor();
    await noOverflow(t, p.name);
    await accessible(t, p.name);
  }
}

for (const view of views) {
  await run(view.name, view, async (t) => {
    await signIn(t);
    await everyPage(t);
  });
  await run(`${view.name} on call`, view, async (t) => {
    await signIn(t);
    await dutyPages(t);
  });
  // Each size, language and theme once; photos.mjs goes through all twelve.
  if (!mock && [0, 3, 5].includes(views.indexOf(view))) await run(`${view.name} the rest`, view, theRest);
  // Charts want some history: a gateway just started has it by the last view.
  if (!mock && view !== views.at(-1)) continue;
  await run(`${view.name} charts`, view, async (t) => {
    await signIn(t);
    await chartPages(t);
  });
}
if (mock) {
  await run('wrong password', { ...views[0], name: 'wrong' }, wrongPassword);
  await run('broken line', { ...views[0], name: 'broken' }, brokenLine);
  await mock.close();
  // Last: the site stays that large.
  const large = await startMock(0, 2000);
  await run('2,000 points within the budget', { ...views[1], name: 'budget' }, (t) => budget({ ...t, target: large }));
  await large.close();
}
if (failed > 0) {
  console.error(`${failed} failed; pictures in e2e/shots`);
  process.exit(1);
}
