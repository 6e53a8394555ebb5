// What a page of 2,000 points may cost: nothing moves once the data is there,
// and whatever a person does is on the screen within a tenth of a second.
import { signIn } from './steps.mjs';

const MOST_SHIFT = 0.02; // sum of layout shifts, without a person's doing
const MOST_WAIT = 100; // ms from an event to the next paint

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
      if (e.interactionId > 0) globalThis.noted.events.push({ name: e.name, ms: e.duration, work: Math.round(e.processingEnd - e.processingStart) });
    }
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });
}

export async function budget(t) {
  const { page } = t;
  await page.addInitScript(watch);
  await signIn(t);
  await page.reload();
  await page.locator('article.card').first().waitFor();
  const data = await page.evaluate(() => performance.now());
  await page.waitForTimeout(8000);
  const { shifts } = await page.evaluate(() => globalThis.noted);
  const late = shifts.filter((s) => s.at > data);
  const sum = late.reduce((n, s) => n + s.value, 0);
  console.log(`      layout shift after data ${sum.toFixed(4)} (limit ${MOST_SHIFT}) in 8 s`);
  if (sum >= MOST_SHIFT) throw new Error(`shifts: ${JSON.stringify(late.sort((a, b) => b.value - a.value).slice(0, 8))}`);

  const slowest = [];
  const did = async (what, act) => {
    await page.evaluate(() => (globalThis.noted.events = []));
    await act();
    await page.waitForTimeout(700);
    const events = await page.evaluate(() => globalThis.noted.events);
    const worst = events.sort((a, b) => b.ms - a.ms)[0] ?? { name: 'none over 16', ms: 0 };
    slowest.push({ what, ...worst });
  };
  await did('type', () => page.getByTestId('filter').pressSequentially('pump', { delay: 60 }));
  await did('clear', () => page.getByTestId('filter').press('Control+A').then(() => page.keyboard.press('Delete')));
  await did('not good', () => page.locator('.filters .ant-segmented').first().locator('.ant-segmented-item').nth(1).click());
  await did('all', () => page.locator('.filters .ant-segmented').first().locator('.ant-segmented-item').nth(0).click());
  await did('fold', () => page.locator('.area-head').first().click());
  await did('unfold', () => page.locator('.area-head').first().click());
  await did('choose an area', () => page.locator('.tree-name').nth(3).click());
  await did('all areas', () => page.locator('.tree-name').first().click());
  console.log(`      ${slowest.map((s) => `${s.what} ${s.ms} ms`).join(', ')} (limit ${MOST_WAIT} ms)`);
  const over = slowest.filter((s) => s.ms > MOST_WAIT);
  if (over.length > 0) throw new Error(`slow: ${JSON.stringify(over)}`);
}
