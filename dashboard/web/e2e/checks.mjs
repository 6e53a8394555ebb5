// What every step of the browser tests holds a page against.
import axe from 'axe-core';

export function must(ok, what) {
  if (!ok) throw new Error(what);
}

/** Asks again and again until the answer is truthy. */
export async function until(what, ask, timeoutMs = 10_000) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((r) => setTimeout(r, 50));
  }
}

/** Nothing may be wider than the screen: a page that scrolls sideways is broken on a phone. */
export async function noOverflow({ page, view }, where) {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  must(width <= view.width, `${where} is ${width} px wide on a screen of ${view.width}`);
}

/** What keeps people out: nothing that axe calls serious or critical may be on the page. */
export async function accessible({ page }, where) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const grave = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
  const said = grave.map((v) => `${v.id}: ${v.help}\n    ${v.nodes.slice(0, 4).map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).join('\n    ')}`);
  must(grave.length === 0, `${where}, ${said.join('\n  ')}`);
}
