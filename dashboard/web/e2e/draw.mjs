// Times charts of a running gateway from the click on their range to the
// picture: node e2e/draw.mjs asset point,point,… range… prints each range's
// times in ms. Every try begins with a fresh page, so nothing is cached.
import { openBrowser } from './browser.mjs';
import { must, until } from './checks.mjs';
import { signIn } from './steps.mjs';

const TRIES = 7;
const [asset, points, ...ranges] = process.argv.slice(2);
const target = { url: process.env.STEWARD_URL.replace(/\/$/, ''), password: process.env.STEWARD_PASSWORD };
const chosen = points.split(',').map((p) => `${asset}/${p}`).join(',');
const words = { '30d': '30 d', '1y': '1 y' };

/** Notes when a range is clicked, and when its data is laid out and painted. */
function watch() {
  globalThis.drawn = null;
  let clicked = 0;
  globalThis.document.addEventListener('click', () => (clicked = globalThis.performance.now()), true);
  const trend = globalThis.document.querySelector('.trend');
  const before = trend.dataset.span;
  new globalThis.MutationObserver(() => {
    if (trend.dataset.span === before || trend.dataset.loading !== 'false' || globalThis.drawn !== null) return;
    globalThis.drawn = 0;
    // The chart is laid out in the next frame, and is on the screen in the one behind it.
    const { requestAnimationFrame: next } = globalThis;
    next(() => next(() => (globalThis.drawn = globalThis.performance.now() - clicked)));
  }).observe(trend, { attributes: true });
}

const { page, problems, close } = await openBrowser({ width: 1440, height: 900, language: 'en-US' });
try {
  await signIn({ page, problems, target, view: { name: 'draw', language: 'en-US' }, shot: () => undefined });
  for (const range of ranges) {
    const took = [];
    for (let i = 0; i < TRIES; i++) {
      await page.goto(`${target.url}/compare?p=${encodeURIComponent(chosen)}`);
      await until('the chart', async () => (await page.locator('.trend').first().getAttribute('data-loading')) === 'false');
      const option = page.locator('.trend-range').first().getByText(words[range], { exact: true });
      await page.evaluate(watch);
      await option.click();
      const ms = await until('the picture', () => page.evaluate(() => globalThis.drawn));
      took.push(Math.round(ms));
      must((await page.locator('.u-over').count()) > 0, 'there is no chart');
    }
    if (process.env.STEWARD_SHOT) await page.screenshot({ path: `${process.env.STEWARD_SHOT}-${range}.png` });
    console.log(JSON.stringify({ range, took: took.sort((a, b) => a - b) }));
  }
  must(problems.length === 0, problems.join('\n'));
} finally {
  await close();
}
