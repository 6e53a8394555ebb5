// Photographs every page at every size, in both languages and both themes, for
// people to look at. Drives the stand-in, or a gateway given as run.mjs has it.
//   node e2e/photos.mjs [part of a picture's name]
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openBrowser } from './browser.mjs';
import { startMock } from './mock.mjs';

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

const only = process.argv[2] ?? '';
const shots = fileURLToPath(new URL('./shots/photos/', import.meta.url));
mkdirSync(shots, { recursive: true });
const given = process.env.STEWARD_URL;
const target = given ? { url: given.replace(/\/$/, ''), password: process.env.STEWARD_PASSWORD ?? '' } : await startMock();

/** One asset of each kind, asked from the site itself. */
async function oneOfEach(page) {
  const { assets } = await page.evaluate(async () => {
    const stream = new EventSource('/api/v1/live');
    const data = await new Promise((resolve) => stream.addEventListener('description', (e) => resolve(e.data), { once: true }));
    stream.close();
    return JSON.parse(data);
  });
  const kinds = new Map();
  for (const a of assets) if (!kinds.has(a.kind)) kinds.set(a.kind, a.id);
  return [...kinds];
}

async function shoot(size, look) {
  const name = `${size.size}-${look.look}`;
  const browser = await openBrowser({ ...size, ...look });
  const { page } = browser;
  const shot = async (what, whole = false) => {
    if (!`${name}-${what}`.includes(only)) return;
    await page.screenshot({ path: `${shots}${name}-${what}.png`, fullPage: whole });
  };
  await page.goto(target.url);
  await page.evaluate((l) => localStorage.setItem('steward.language', l), look.language.slice(0, 2));
  await page.reload();
  await page.locator('input[type=password]').fill(target.password);
  await shot('sign-in');
  await page.locator('button[type=submit]').click();
  await page.locator('article.card').first().waitFor();
  await page.waitForTimeout(2500);
  await shot('overview');
  await page.goto(`${target.url}/?view=mimic`);
  await page.locator('.mimic-node').first().waitFor();
  await page.waitForTimeout(1500);
  await shot('mimic');
  const faces = look.look === 'zh-light' || look.look === 'en-dark' ? await oneOfEach(page) : [];
  for (const [kind, id] of faces) {
    if (!`${name}-face-${kind}`.includes(only)) continue;
    await page.goto(`${target.url}/assets/${encodeURIComponent(id)}`);
    await page.locator('.face-svg').waitFor();
    await page.waitForTimeout(800);
    await shot(`face-${kind}`);
  }
  await page.goto(`${target.url}/system`);
  await page.locator('.part').first().waitFor();
  await shot('system');
  await page.goto(`${target.url}/wall?every=5s`);
  for (let i = 0; i < (only.includes('wall') ? 5 : 2); i++) {
    await page.waitForTimeout(i === 0 ? 2500 : 5000);
    await shot(`wall-${i}`);
  }
  await browser.close();
}

for (const size of SIZES) {
  for (const look of LOOKS) {
    const name = `${size.size}-${look.look}-`;
    if (only === '' || name.includes(only) || only.startsWith(name)) await shoot(size, look);
  }
}
await target.close?.();
