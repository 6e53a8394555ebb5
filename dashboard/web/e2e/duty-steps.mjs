// What people on call do: acknowledge, look why, shelve, take a ticket, hang a
// photo on it, open one, look at rules and figures.
import { accessible, must, noOverflow, until } from './checks.mjs';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

/** Opens one of antd's selects by its field and takes its first choice. */
async function choose(page, field) {
  await page.locator(`[data-field=${field}] .ant-select`).click();
  await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option').first().click();
}

async function look(t, where) {
  await noOverflow(t, where);
  await t.shot(where);
  await accessible(t, where);
}

/** Every alarm, by urgency; one tap acknowledges; what is put aside stays in sight. */
async function alarms(t) {
  const { page, mock, target } = t;
  await page.goto(`${target.url}/alarms`);
  await page.locator('.arow, .dlist-empty').first().waitFor();
  await look(t, 'alarms');
  if (!mock) return;
  const priorities = await page.getByTestId('asking').locator('.arow-priority b').allInnerTexts();
  must(priorities.join() === [...priorities].sort().join(), `not by priority: ${priorities}`);
  must((await page.getByTestId('aside').locator('.arow').count()) >= 4, 'what is put aside is not to be seen');
  must((await page.getByTestId('flood').count()) === 1, 'nothing tells of the flood');

  const before = await page.getByTestId('asking').locator('.arow').count();
  const id = mock.raise('pump-1', 'PU-09');
  await page.locator(`.arow[data-alarm=${id}]`).waitFor();
  must((await page.getByTestId('asking').locator('.arow').count()) === before + 1, 'an alarm that came live is not in the list');
  const head = () => page.getByTestId('head-alarms').innerText();
  const unacked = await head();
  await page.locator(`.arow[data-alarm=${id}]`).getByTestId('ack').click();
  await page.locator(`.arow[data-alarm=${id}] .astate-acknowledged`).waitFor();
  await until('the head to count again', async () => (await head()) !== unacked);

  await page.locator(`.arow[data-alarm=${id}] .stretch`).click();
  await page.locator('.step').nth(1).waitFor();
  must((await page.locator('.first-action').innerText()).length > 10, 'no first action');
  await page.waitForTimeout(100);
  await t.shot('alarm');
  await accessible(t, 'an alarm');
  await page.locator('[data-do=shelve]').click();
  await page.locator('[data-field=reason] textarea').fill('换泵');
  await choose(page, 'until');
  await page.getByTestId('submit').click();
  await page.locator('.alarm-now .astate-shelved').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.ant-drawer-open').waitFor({ state: 'detached' });
  await page.getByTestId('aside').locator(`.arow[data-alarm=${id}]`).waitFor();

  await page.goto(`${target.url}/alarms?alarm=A000412`); // P1
  await page.locator('.step').first().waitFor();
  must(await page.locator('[data-do=shelve]').isDisabled(), 'a P1 alarm can be shelved');
  await page.goto(`${target.url}/alarms?tab=history&priority=P1`);
  const rows = page.getByTestId('history').locator('.arow');
  await rows.first().waitFor();
  must((await rows.count()) < 60, 'a long list has all its rows at once');
  must((await page.locator('.arow-priority b').allInnerTexts()).every((p) => p === 'P1'), 'the filter lets others through');
  await page.goto(`${target.url}/alarms?tab=history`);
  await rows.first().waitFor();
  const size = () => rows.first().locator('xpath=..').getAttribute('aria-setsize');
  const first = Number(await size());
  await page.getByTestId('older').click();
  await until('older alarms', async () => Number(await size()) > first);
  await look(t, 'alarm-history');
}

/** A ticket from its opening to the proof. */
async function tickets(t) {
  const { page, mock, target, problems } = t;
  await page.goto(`${target.url}/tickets`);
  await page.locator('.tcard, .trow, .dlist-empty').first().waitFor();
  await look(t, 'tickets');
  await page.getByTestId('new-ticket').click();
  await page.locator('.action-form').waitFor();
  await look(t, 'new-ticket');
  if (!mock) return;
  await page.locator('[data-field=title] input').fill('走廊灯不亮');
  await choose(page, 'unit');
  await page.getByTestId('submit').click();
  await page.locator('.ticket-now .tstate-open').waitFor();
  const where = await page.locator('.ticket-now').innerText();
  must(/B(-|座)120\d/.test(where), `a flat is not called by its name: ${where}`);
  await page.locator('[data-do=accept]').click();
  await page.locator('.ticket-now .tstate-accepted').waitFor();
  must((await page.locator('[data-do=accept]').count()) === 0, 'what cannot be done is offered');
  await page.locator('[data-do=wait]').click();
  await choose(page, 'waits');
  await page.getByTestId('submit').click();
  await page.locator('.ticket-now .tstate-waiting').waitFor();
  await page.locator('[data-do=resume]').click();
  await page.locator('.ticket-now .tstate-in_progress').waitFor();
  await page.locator('.photo-add input').nth(1).setInputFiles({ name: 'lamp.png', mimeType: 'image/png', buffer: PNG });
  await page.locator('.photos img').waitFor();
  await until('the photo', () => page.locator('.photos img').evaluate((img) => img.complete && img.naturalWidth > 0));
  await page.locator('[data-do=note]').click();
  await page.locator('[data-field=note] textarea').fill('换了灯管');
  await page.getByTestId('submit').click();
  await page.locator('.tl-note').waitFor();
  await page.locator('[data-do=done]').click();
  await page.getByTestId('submit').click();
  await page.locator('.ticket-now .tstate-proving').waitFor();
  await page.locator('.proof').waitFor();
  await look(t, 'ticket');
  // What the gateway refuses is said in the reader's words.
  await page.locator('[data-do=close]').click();
  await page.locator('[data-field=reason] textarea').fill('确认已好');
  await page.getByTestId('submit').click();
  const refusal = await page.locator('.action-form .ant-alert-error').innerText();
  must(refusal.includes(t.view.language.startsWith('zh') ? '另一人' : 'another person'), `the refusal says: ${refusal}`);
  problems.splice(0, problems.length, ...problems.filter((p) => !/409/.test(p))); // the browser notes it itself
  await page.goto(`${target.url}/tickets/T000207`);
  await page.locator('.trend .chart canvas').first().waitFor();
  await page.locator('.clock-broken').first().waitFor();
  await look(t, 'ticket-trend');
}

async function rulesAndFigures(t) {
  const { page, mock, target } = t;
  await page.goto(`${target.url}/rules`);
  await page.locator('.rrow').first().waitFor();
  await look(t, 'rules');
  const all = await page.locator('.rrow').count();
  await page.locator('.rule-filters input[type=search]').fill('zzzz');
  await until('no rule', async () => (await page.locator('.rrow').count()) === 0);
  await page.locator('.rule-filters input[type=search]').fill('');
  await until('all rules', async () => (await page.locator('.rrow').count()) === all);
  await page.locator('.rrow .stretch').first().click();
  await page.locator('.ant-drawer .condition').waitFor();
  await accessible(t, 'a rule');
  await page.goto(`${target.url}/kpi`);
  await page.locator('.figures li').first().waitFor();
  await look(t, 'kpi');
  if (!mock) return;
  must((await page.locator('.grade-beyond').count()) > 0, 'no figure is graded');
  await page.locator('[data-figure=respond_in_time] a').click();
  await page.waitForURL(/\/tickets\?id=T/);
  await page.locator('.tcard, .trow').first().waitFor();
}

/** An asset says what it asks of people, why its rules do or do not alarm, and takes facts. */
async function ofAsset(t) {
  const { page, target } = t;
  await page.goto(`${target.url}/assets/leak-1203`);
  await page.locator('.explain').first().waitFor();
  must((await page.locator('.explain[open] .explain-verdict').count()) > 0, 'what alarms is folded away');
  await page.locator('[data-fact-set=visit]').click();
  await choose(page, 'until');
  await page.locator('.facts-panel').getByTestId('submit').click();
  await page.locator('[data-fact=visit]').waitFor();
  await page.locator('[data-fact=visit] button').click();
  await page.locator('[data-fact-set=visit]').waitFor();
  await page.locator('.explains').scrollIntoViewIfNeeded();
  await look(t, 'asset-duty');
}

/** Every page of alarms, tickets, rules and figures. */
export async function dutyPages(t) {
  await alarms(t);
  await tickets(t);
  await rulesAndFigures(t);
  if (t.mock) await ofAsset(t);
}
