// Charts, comparisons, energy and the state of the machine, as people use them.
import { readFileSync, statSync } from 'node:fs';
import { accessible, must, noOverflow, until } from './checks.mjs';

const spanOf = (page) => page.locator('.trend').first().getAttribute('data-span');
const rested = (page) => until('the chart’s data', async () => (await page.locator('.trend').first().getAttribute('data-loading')) === 'false');

/** How many pixels of a canvas are drawn on at all. */
function drawn(page, selector) {
  return page.evaluate((s) => {
    const canvas = globalThis.document.querySelector(s);
    if (!canvas || canvas.width === 0) return 0;
    const copy = new globalThis.OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let n = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] > 150) n++;
    return n;
  }, selector);
}

async function changes(page, what, act) {
  const before = await spanOf(page);
  await act();
  await until(what, async () => (await spanOf(page)) !== before);
  await rested(page);
}

async function download(page, act) {
  const [file] = await Promise.all([page.waitForEvent('download'), act()]);
  return { name: file.suggestedFilename(), path: await file.path() };
}

async function sheet(page, act) {
  const { name, path } = await download(page, act);
  const text = readFileSync(path, 'utf8');
  must(name.endsWith('.csv') && text.startsWith('\ufeff'), `${name} is no CSV that Excel in China opens`);
  const rows = text.slice(1).trimEnd().split('\r\n');
  must(rows.length > 2, `${name} has ${rows.length} rows`);
  return { name, rows };
}

/** Two fingers that go apart, as a touch screen tells it. */
function pinch(page) {
  return page.evaluate(() => {
    const area = globalThis.document.querySelector('.u-over');
    const box = area.getBoundingClientRect();
    const y = box.top + box.height / 2;
    const say = (type, id, share) =>
      area.dispatchEvent(
        new globalThis.PointerEvent(type, { pointerId: id, pointerType: 'touch', button: 0, clientX: box.left + box.width * share, clientY: y, bubbles: true }),
      );
    say('pointerdown', 11, 0.4);
    say('pointerdown', 12, 0.6);
    for (const by of [0.05, 0.1, 0.15]) {
      say('pointermove', 11, 0.4 - by);
      say('pointermove', 12, 0.6 + by);
    }
    say('pointerup', 11, 0.25);
    say('pointerup', 12, 0.75);
  });
}

/** Live values draw on canvas; what React has made stays as it is. */
async function stillTree(page) {
  await page.mouse.move(5, 5);
  await page.waitForTimeout(300);
  const changed = await page.evaluate(async () => {
    const seen = [];
    const watch = new globalThis.MutationObserver((all) => seen.push(...all.map((m) => m.target.className || m.target.nodeName)));
    watch.observe(globalThis.document.querySelector('.trend-body'), { childList: true, characterData: true, subtree: true });
    await new Promise((r) => setTimeout(r, 3200));
    watch.disconnect();
    return seen;
  });
  must(changed.length === 0, `live data changed the page: ${changed.slice(0, 5)}`);
}

async function trend(t) {
  const { page, shot, mock } = t;
  await page.locator('article.card:has([data-point=power]), article.card').first().locator('.card-link').click();
  await page.locator('.trend .chart canvas').first().waitFor();
  await rested(page);
  await stillTree(page);
  const area = page.locator('.u-over').first();
  await area.scrollIntoViewIfNeeded();
  await area.hover();
  await changes(page, 'a wheel that zooms', () => page.mouse.wheel(0, -400));
  const box = await area.boundingBox();
  const y = box.y + box.height / 2;
  await changes(page, 'a drag that pans', async () => {
    await page.mouse.move(box.x + box.width * 0.3, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, y, { steps: 5 });
    await page.mouse.up();
  });
  must(/^\d+-\d+$/.test(await spanOf(page)), 'a chart that was moved to the past goes on following');
  must(new URL(page.url()).searchParams.get('range') === (await spanOf(page)), 'the stretch is not in the address');
  await changes(page, 'a marked stretch', async () => {
    await page.keyboard.down('Shift');
    await page.mouse.move(box.x + box.width * 0.4, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, y, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
  });
  await changes(page, 'a pinch', () => pinch(page));
  await page.locator('.trend-body').focus();
  for (const key of ['ArrowLeft', 'Shift+ArrowLeft', '-', '+']) await changes(page, `the key ${key}`, () => page.keyboard.press(key));
  await changes(page, 'End', () => page.keyboard.press('End'));
  must(!/^\d+-/.test(await spanOf(page)), 'End does not follow');
  await page.locator('.trend-range .ant-segmented-item').nth(3).click(); // a day
  await rested(page);
  if (mock) {
    must((await page.locator('.mark-sign').count()) > 1, 'no alarm or ticket is on the chart');
    await page.locator('.mark-sign').first().hover();
    await page.locator('.mark-told').waitFor();
    await shot('trend-mark');
    await page.mouse.move(5, 5);
  }
  const { rows, name } = await sheet(page, () => page.getByTestId('csv').click());
  must(rows[0].split(',').length >= 3 && /_\d{8}-\d{6}_/.test(name), `${name}: ${rows[0]}`);
  const picture = await download(page, () => page.getByTestId('png').click());
  must(picture.name.endsWith('.png') && statSync(picture.path).size > 5000, `${picture.name} is no picture`);
  await page.getByTestId('free-range').click();
  const fields = page.locator('.range-fields input');
  must(/^\d{4}-\d\d-\d\dT/.test(await fields.first().inputValue()), 'no beginning is proposed');
  await changes(page, 'a free range', async () => {
    const day = (await fields.first().inputValue()).slice(0, 10);
    await fields.first().fill(`${day}T00:00`);
    await fields.last().fill(`${day}T06:30`);
    await page.locator('.range-fields button').click();
  });
  const [from, to] = (await spanOf(page)).split('-').map(Number);
  must(to - from === 6.5 * 3_600_000, `the range is ${to - from} ms long`);
  await noOverflow(t, 'a trend');
  await shot('trend');
  await accessible(t, 'a trend');
}

async function compare(t) {
  const { page, shot } = t;
  await page.locator('.trend-compare').first().click();
  await page.locator('.compare .trend').waitFor();
  const lines = () => page.locator('.legend-item').count();
  const begun = await lines();
  must(begun >= 1, 'the point did not come along');
  await page.getByTestId('picker').fill('fault');
  const found = page.locator('.picker-list input:not(:checked)');
  await found.first().check();
  await found.first().check();
  await until('two lines more', async () => (await lines()) === begun + 2);
  await page.getByTestId('view-name').fill('看 1');
  await page.getByTestId('view-save').click();
  await page.locator('.views-list a').first().waitFor();
  await rested(page);
  await noOverflow(t, 'a comparison');
  await shot('compare');
  await accessible(t, 'a comparison');
  const address = page.url();
  await page.locator('.chosen button').first().click();
  await until('a line less', async () => (await lines()) === begun + 1);
  await page.locator('.views-list a').first().click();
  await until('the saved view', async () => (await lines()) === begun + 2);
  await page.goto(address); // as somebody it was sent to
  await until('the sent view', async () => (await lines()) === begun + 2);
  must((await page.locator('.views-list a').count()) === 1, 'the view is not kept');
}

async function energy(t) {
  const { page, shot, mock } = t;
  await page.locator('.top nav a[href="/energy"]').click();
  await page.locator('.bars svg').waitFor();
  await until('the figures', async () => (await page.locator('.energy').getAttribute('data-loading')) === 'false');
  if (mock) {
    must((await page.locator('.bar-odd').count()) > 0, 'what is estimated looks like what is measured');
    must((await page.locator('.bar-sign').count()) === 1, 'the reset counter is not marked');
    await until('a load', async () => (await drawn(page, '.heat canvas')) > 1000);
    const heat = page.locator('.heat-box');
    await heat.focus();
    await page.keyboard.press('ArrowLeft');
    await until('a cell by keyboard', () => page.locator('.heat-at').count());
  }
  const bars = page.locator('.bars svg');
  await bars.scrollIntoViewIfNeeded();
  const box = await bars.boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.6);
  await until('a bar under the pointer', () => page.locator('.bar-over').count());
  await noOverflow(t, 'the energy page');
  await shot('energy');
  await accessible(t, 'the energy page');
  const { rows } = await sheet(page, () => page.getByTestId('csv').click());
  must(rows.length === 31, `${rows.length - 1} days`);
  for (const i of [0, 2, 3]) {
    await page.getByTestId('every').locator('.ant-segmented-item').nth(i).click();
    await until('bars of other periods', async () => (await page.locator('.bar').count()) === [24, 30, 13, 12][i]);
  }
  must(page.url().includes('every=month'), 'the periods are not in the address');
  await page.getByTestId('energy-earlier').click();
  await until('an earlier year', async () => page.url().includes('end='));
  await until('the figures', async () => (await page.locator('.energy').getAttribute('data-loading')) === 'false');
  await shot('energy-months');
}

async function machine(t) {
  const { page, shot, mock } = t;
  await page.locator('.top nav a[href="/system"]').click();
  await page.locator('#part-books table, #part-books p').first().waitFor();
  await page.locator('#part-audit table').waitFor();
  if (mock) {
    must((await page.locator('.advice li').count()) > 3, 'nobody is told what to do');
    const rows = page.locator('#part-audit tbody tr');
    const before = await rows.count();
    await page.locator('.audit-more').click();
    await until('older rows', async () => (await rows.count()) > before);
  }
  await noOverflow(t, 'the state of the machine');
  await page.locator('#part-books').scrollIntoViewIfNeeded();
  await shot('system-books');
  await accessible(t, 'the state of the machine');
}

export async function chartPages(t) {
  await trend(t);
  await compare(t);
  await energy(t);
  await machine(t);
}
