// What a page of 2,000 points may cost: nothing moves once the data is there,
// and whatever a person does is on the screen within a tenth of a second.
import { signIn } from './steps.mjs';

const MOST_SHIFT = 0.02; // sum of layout shifts, without a person's doing
const MOST_WAIT = 100; // ms from an event to the next paint
const ROUNDS = 3; // of everything a person does; the median counts

/** Notes shifts and slow events from before the page's first script on. */
function watch() {
  globalThis.noted = { shifts: [], events: [] };
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) {
      const of = e.sources.map((s) => s.node?.className ?? s.node?.nodeName ?? '?').join(' ');
      if (!e.hadRecentInput) globalThis.noted.shifts.push({ at: e.startTime, value: e.value, of });
    }
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) {
      if (e.interactionId > 0) globalThis.noted.events.push({ ms: e.duration });
    }
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });
}

async function shiftAfterData(page) {
  await page.reload();
  await page.locator('article.card').first().waitFor();
  const data = await page.evaluate(() => performance.now());
  await page.waitForTimeout(8000);
  const { shifts } = await page.evaluate(() => globalThis.noted);
  const late = shifts.filter((s) => s.at > data);
  const sum = late.reduce((n, s) => n + s.value, 0);
  console.log(`      layout shift after data ${sum.toFixed(4)} (limit ${MOST_SHIFT}) in 8 s`);
  return { sum, worst: late.sort((a, b) => b.value - a.value).slice(0, 8) };
}

/** What a person does on the overview, in an order that comes back to where it began. */
function doings(page) {
  const filter = page.getByTestId('filter');
  const health = page.locator('.filters .ant-segmented').first().locator('.ant-segmented-item');
  return [
    ['type', () => filter.pressSequentially('pump', { delay: 60 })],
    ['clear', () => filter.press('Control+A').then(() => page.keyboard.press('Delete'))],
    ['not good', () => health.nth(1).click()],
    ['all', () => health.nth(0).click()],
    ['fold', () => page.locator('.area-head').first().click()],
    ['unfold', () => page.locator('.area-head').first().click()],
    ['choose an area', () => page.locator('.tree-name').nth(3).click()],
    ['all areas', () => page.locator('.tree-name').first().click()],
  ];
}

const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];

/** The median wait of each doing, ms, of several rounds. */
async function waits(page) {
  const all = new Map();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [what, act] of doings(page)) {
      await page.evaluate(() => (globalThis.noted.events = []));
      await act();
      await page.waitForTimeout(500);
      const events = await page.evaluate(() => globalThis.noted.events);
      all.set(what, [...(all.get(what) ?? []), Math.max(0, ...events.map((e) => e.ms))]);
    }
  }
  console.log(`      ${[...all].map(([what, ms]) => `${what} ${median(ms)} ms (${ms.join(' ')})`).join(', ')}; limit ${MOST_WAIT} ms`);
  return [...all].filter(([, ms]) => median(ms) > MOST_WAIT).map(([what, ms]) => `${what}: ${ms.join(' ')} ms`);
}

/** Measures once more before it fails: another program may just have had the machine. */
async function twice(measure, good, say) {
  let result = await measure();
  if (!good(result)) result = await measure();
  if (!good(result)) throw new Error(say(result));
}

export async function budget(t) {
  const { page } = t;
  await page.addInitScript(watch);
  await signIn(t);
  await twice(() => shiftAfterData(page), (r) => r.sum < MOST_SHIFT, (r) => `shifts: ${JSON.stringify(r.worst)}`);
  await twice(() => waits(page), (over) => over.length === 0, (over) => `slow: ${over.join('; ')}`);
}
