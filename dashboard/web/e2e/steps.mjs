// What a person does on the page, and what must be there when they do.
import { accessible, must, noOverflow, until } from './checks.mjs';

export async function signIn({ page, target, view, shot, problems }) {
  await page.goto(target.url);
  await page.locator('input[type=password]').waitFor();
  await shot('sign-in');
  await accessible({ page }, 'the sign-in');
  // The browser itself notes the 401 that says nobody is signed in yet.
  problems.splice(0, problems.length, ...problems.filter((p) => !/401.*\/api\/v1\/session/s.test(p)));
  await page.locator('input[type=password]').fill(target.password);
  await page.locator('button[type=submit]').click();
  await page.locator('article.card').first().waitFor();
  await until('the live line', () => page.locator('.shell[data-line=live]').count());
  const want = view.language.startsWith('zh') ? 'zh-CN' : 'en';
  // The browser's, though the site says another.
  await until(`the language ${want}`, async () => (await page.evaluate(() => document.documentElement.lang)) === want);
}

async function valueChanges(page) {
  const values = () => page.locator('.card .value').allTextContents();
  const before = (await values()).join('|');
  await until('a value that changes', async () => (await values()).join('|') !== before, 15_000);
}

/** Cards are made when they come near the screen: goes past all of them, and back to the top. */
async function pastEverything(page) {
  for (let y = 0; y < (await page.evaluate(() => document.documentElement.scrollHeight)); y += 700) {
    await page.evaluate((at) => scrollTo(0, at), y);
    await page.waitForTimeout(60);
  }
  await page.evaluate(() => scrollTo(0, 0));
}

async function agesMove(page) {
  const ages = () => page.locator('.card .age').allTextContents();
  const before = (await ages()).join('|');
  await until('an age that moves on', async () => (await ages()).join('|') !== before, 15_000);
}

/** How many pixels of the first chart have its first line's colour: axes alone are no trend. */
function inked(page) {
  return page.evaluate(() => {
    const canvas = document.querySelector('.chart canvas');
    const stroke = document.querySelector('.legend .swatch line');
    if (!canvas || !stroke || canvas.width === 0) return 0;
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const want = getComputedStyle(stroke).stroke.match(/\d+/g).map(Number);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let n = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] > 200 && want.every((c, k) => Math.abs(data[i + k] - c) < 12)) n++;
    }
    return n;
  });
}

async function overview(t) {
  const { page, shot } = t;
  await pastEverything(page);
  await valueChanges(page);
  await agesMove(page);
  await noOverflow(t, 'the overview');
  await shot('overview');
  await accessible(t, 'the overview');
  must((await page.locator('.cover-list .cover-bar').count()) > 0, 'no area has its coverage');
  const cards = page.locator('.cards .card'); // with the places of those not yet made
  const all = await cards.count();
  const id = await page.locator('article.card').last().getAttribute('data-asset');
  await page.getByTestId('filter').fill(id);
  await until('the filter', async () => (await cards.count()) < all);
  must((await page.locator(`article.card[data-asset="${id}"]`).count()) === 1, `the filter hides ${id} itself`);
  must(page.url().includes('q='), 'the filter is not in the address');
  await page.getByTestId('filter').fill('');
  await until('all assets', async () => (await cards.count()) === all);
}

/** The areas drawn: every asset once, and the keyboard gets to the picture. */
async function mimic(t) {
  const { page, shot } = t;
  const assets = await page.locator('.cards .card').count();
  await page.locator('.filter-view .ant-segmented-item').nth(1).click();
  await page.locator('.mimic-node').first().waitFor();
  must(page.url().includes('view=mimic'), 'the view is not in the address');
  await until('every asset in the pictures', async () => {
    const ids = await page.locator('.mimic-node').evaluateAll((nodes) => nodes.map((n) => n.dataset.asset));
    return new Set(ids).size >= assets;
  });
  await noOverflow(t, 'the mimic');
  await shot('mimic');
  await accessible(t, 'the mimic');
  await page.locator('.filter-view .ant-segmented-item').nth(0).click();
  await page.locator('article.card').first().waitFor();
}

/** The wall goes on by itself, and says where it is and what time it is. */
async function wall(t) {
  const { page, target, shot } = t;
  await page.goto(`${target.url}/wall?every=5s`);
  const screen = () => page.locator('.wall-main').getAttribute('data-screen');
  await page.locator('.wall[data-line=live] .summary-panel').first().waitFor();
  const first = await screen();
  await shot('wall-site');
  await accessible(t, 'the wall');
  await until('the next screen', async () => (await screen()) !== first, 8000);
  await page.locator('.wall .mimic-node').first().waitFor();
  await shot('wall-area');
  await accessible(t, 'the wall of an area');
  must(/\d\d:\d\d:\d\d/.test(await page.locator('.wall-clock').innerText()), 'the wall has no clock');
  await noOverflow(t, 'the wall');
  await page.goBack();
}

async function asset(t) {
  const { page, shot } = t;
  // A meter's power never stands still, as a lift at night does.
  const meter = await page.evaluate(async () => {
    const { assets } = await (await fetch('/api/v1/assets')).json();
    return assets.find((a) => a.kind === 'power_meter').id;
  });
  await page.goto(`${t.target.url}/assets/${meter}`);
  await page.locator('.point-table').waitFor();
  await page.locator('.face-svg').waitFor();
  const spoken = await page.locator('.face-svg').getAttribute('aria-label');
  must(spoken.includes((await page.locator('h1').innerText()).trim()) && spoken.includes(':'), `the faceplate says: ${spoken}`);
  // A gateway just started has seconds of history: a dot is a trend then.
  await until('a drawn trend', async () => (await inked(page)) > 5);
  const boxes = page.locator('.point-table input[type=checkbox]:not(:checked)');
  if ((await boxes.count()) > 1) {
    await boxes.first().check();
    await until('a second line', async () => (await page.locator('.legend-item').count()) === 2);
  }
  // Longer ranges than an hour are empty until a first step of theirs is over.
  for (const range of t.mock ? [0, 2, 4, 1] : [0, 1]) {
    await page.locator('.trend-head .ant-segmented-item').nth(range).click();
    await until('a trend of another range', async () => (await inked(page)) > 5, 20_000);
  }
  await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => undefined); // the stream never rests
  await page.locator('.chart').first().hover();
  await until('the reading under the pointer', () => page.locator('.readout').count());
  must((await page.locator('.pt-age').count()) > 0, 'no ages');
  await noOverflow(t, 'the asset');
  await shot('asset');
  await accessible(t, 'the asset');
}

async function system(t) {
  const { page, shot } = t;
  await page.locator('.top nav a[href="/system"]').click();
  await page.locator('.part').first().waitFor();
  const figures = () => page.locator('.part').allInnerTexts();
  const before = (await figures()).join('|');
  await until('figures that move', async () => (await figures()).join('|') !== before, 8000);
  await noOverflow(t, 'the system page');
  await shot('system');
  await accessible(t, 'the system page');
}

/** Every page, in the other language too, and by keyboard from the start. */
export async function everyPage(t) {
  const { page } = t;
  await overview(t);
  await mimic(t);
  await asset(t);
  await system(t);
  await wall(t);
  const heading = await page.locator('h1').innerText();
  await page.getByTestId('language').click();
  await until('the other language', async () => (await page.locator('h1').innerText()) !== heading);
  await page.getByTestId('language').click();
  await page.keyboard.press('Tab');
  must(await page.evaluate(() => document.activeElement !== document.body), 'the keyboard reaches nothing');
  await page.goBack();
  await page.locator('.point-table').waitFor();
  await page.reload(); // the address of an asset can be kept and sent
  await page.locator('.point-table').waitFor();
  await page.getByTestId('sign-out').click();
  await page.locator('input[type=password]').waitFor();
  must(page.url().includes('/assets/'), 'the address is lost with the session');
}

export async function wrongPassword({ page, target, shot, problems }) {
  await page.goto(target.url);
  for (let i = 0; i < 4; i++) {
    await page.locator('input[type=password]').fill('no');
    await page.locator('button[type=submit]').click();
    await until('an answer', () => page.locator('.ant-alert-error').count());
    await page.locator('.ant-btn-loading').waitFor({ state: 'detached' });
  }
  await until('the wait', async () => page.locator('button[type=submit]').isDisabled());
  await shot('too-many');
  await until('the end of the wait', async () => page.locator('button[type=submit]').isEnabled(), 8000);
  must(problems.length >= 4, 'the browser noted no refusal');
  problems.length = 0; // the browser notes each 401 and 429 itself
}

export async function brokenLine(t) {
  const { page, mock, problems, shot } = t;
  await signIn(t);
  await page.waitForTimeout(1500); // a beat or two
  mock.hush(true);
  const silent = Date.now();
  await page.locator('.shell.not-live[data-line=lost]').waitFor({ timeout: 3000 });
  await page.locator('.banner').waitFor();
  must(Date.now() - silent < 3000, 'silence is not seen within 3 s');
  const colours = await page.locator('.card .abnormal').evaluateAll((all) => all.map((x) => getComputedStyle(x).backgroundColor));
  must(colours.every((c) => c === 'rgba(0, 0, 0, 0)'), `values keep their colour without the line: ${colours}`);
  await shot('silent');
  mock.hush(false);
  await page.locator('.shell[data-line=live]').waitFor();
  must((await page.locator('.banner').count()) === 0, 'the banner stays');
  mock.cut();
  await page.locator('.shell[data-line=lost]').waitFor({ timeout: 1000 });
  await page.locator('.shell[data-line=live]').waitFor();
  await page.goto(`${t.target.url}/alarms`);
  await page.locator('.shell[data-line=live]').waitFor();
  must((await page.locator('.sign-in').count()) === 0, 'the session ended by itself');
  mock.endSessions();
  mock.cut();
  await page.locator('input[type=password]').waitFor();
  must((await page.locator('.sign-in-error .ant-alert-info').count()) === 1, 'nothing says that the session ended');
  await shot('signed-out');
  await page.locator('input[type=password]').fill(t.target.password);
  await page.locator('button[type=submit]').click();
  await page.locator('.arow').first().waitFor();
  must(new URL(page.url()).pathname === '/alarms', `signed in again at ${page.url()}`);
  problems.length = 0; // the browser notes the broken stream and the 401 itself
}
