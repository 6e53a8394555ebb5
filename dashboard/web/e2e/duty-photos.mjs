// Photographs the pages of alarms, tickets, rules and figures, for people to look at.
//   node e2e/duty-photos.mjs [part of a picture's name]
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openBrowser } from './browser.mjs';
import { startMock } from './mock.mjs';

const VIEWS = [
  { name: 'phone-zh-light', width: 390, height: 844, language: 'zh-CN', dark: false },
  { name: 'phone-en-dark', width: 390, height: 844, language: 'en-US', dark: true },
  { name: 'desk-en-light', width: 1440, height: 900, language: 'en-US', dark: false },
  { name: 'desk-zh-dark', width: 1440, height: 900, language: 'zh-CN', dark: true },
  { name: 'wide-zh-light', width: 2560, height: 1440, language: 'zh-CN', dark: false },
];
const PAGES = [
  ['overview', '/', 'article.card'],
  ['alarms', '/alarms', '.arow'],
  ['alarm', '/alarms?alarm=A000412', '.step'],
  ['alarm-p2', '/alarms?alarm=A000406', '.step'],
  ['history', '/alarms?tab=history', '.arow'],
  ['tickets', '/tickets', '.tcard'],
  ['tickets-list', '/tickets?view=list', '.tcard, .trow'],
  ['ticket', '/tickets/T000207', '.tl'],
  ['ticket-proof', '/tickets/T000201', '.tl'],
  ['ticket-new', '/tickets/new?unit=B-1203', '.action-form'],
  ['kpi', '/kpi', '.figures li'],
  ['rules', '/rules', '.rrow'],
  ['rule', '/rules?rule=EL-01', '.condition'],
  ['asset', '/assets/lift-a1', '.explain'],
  ['flat', '/assets/leak-1203', '.explain'],
];

const only = process.argv[2] ?? '';
const shots = fileURLToPath(new URL('./shots/duty/', import.meta.url));
mkdirSync(shots, { recursive: true });
for (const view of VIEWS) {
  if (!PAGES.some(([name]) => `${view.name}-${name}`.includes(only))) continue;
  const target = await startMock();
  const browser = await openBrowser(view);
  const { page } = browser;
  await page.goto(target.url);
  await page.evaluate((l) => localStorage.setItem('steward.language', l), view.language.slice(0, 2));
  await page.reload();
  await page.locator('input[type=password]').fill(target.password);
  await page.locator('button[type=submit]').click();
  await page.locator('article.card').first().waitFor();
  for (const [name, path, ready] of PAGES) {
    if (!`${view.name}-${name}`.includes(only)) continue;
    await page.goto(target.url + path);
    await page.locator(ready).first().waitFor({ timeout: 8000 }).catch(() => console.error(`${view.name}-${name}: no ${ready}`));
    await page.waitForTimeout(900);
    await page.screenshot({ path: `${shots}${view.name}-${name}.png`, fullPage: ['asset', 'flat', 'ticket', 'kpi'].includes(name) });
  }
  if (browser.problems.length > 0) console.error(view.name, browser.problems.join('\n'));
  await browser.close();
  await target.close();
}
