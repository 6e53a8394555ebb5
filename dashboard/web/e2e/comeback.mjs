// Holds pages of a real gateway open while whoever runs this makes it hang,
// go on, die and start again, as it is asked on standard output; each request
// is answered with a line on standard input.
import { createInterface } from 'node:readline';
import { openBrowser } from './browser.mjs';
import { must, until } from './checks.mjs';
import { signIn } from './steps.mjs';

const GREY_WITHIN = 3000; // ms from the last sign of life
const BACK_WITHIN = 40_000; // the page's longest pause between two tries is 10 s

const target = { url: process.env.STEWARD_URL.replace(/\/$/, ''), password: process.env.STEWARD_PASSWORD };
const input = createInterface({ input: process.stdin });
const answers = input[Symbol.asyncIterator]();

async function ask(what) {
  console.log(what);
  const { value } = await answers.next();
  must(value === what, `asked for ${what}, was answered ${value}`);
}

/** Notes each turn of the line, and how the values looked then: asking from outside would take its own time. */
function witness() {
  const framed = globalThis.document.querySelector('[data-line]');
  globalThis.turns = [];
  const look = () => {
    const muted = globalThis.document.createElement('i');
    muted.className = 'muted';
    framed.append(muted);
    const grey = globalThis.getComputedStyle(muted).color;
    muted.remove();
    const values = [...framed.querySelectorAll('.value .number')].map((x) => globalThis.getComputedStyle(x));
    const loud = [...framed.querySelectorAll('.abnormal, .count-abnormal')].filter((x) => globalThis.getComputedStyle(x).backgroundColor !== 'rgba(0, 0, 0, 0)');
    return { values: values.length, grey: values.filter((v) => v.color === grey).length, loud: loud.length };
  };
  new globalThis.MutationObserver(() => globalThis.turns.push({ line: framed.dataset.line, at: Date.now(), ...look() })).observe(framed, {
    attributes: true,
    attributeFilter: ['data-line'],
  });
}

async function goesGrey(page, since, where) {
  const turn = await until(`${where} that says it is lost`, () => page.evaluate(() => globalThis.turns.find((x) => x.line === 'lost')), 10_000);
  const took = turn.at - since;
  console.log(`${where}: grey after ${took} ms, ${turn.grey} of ${turn.values} values`);
  must(took < GREY_WITHIN, `${where} is grey only after ${took} ms`);
  must(turn.grey === turn.values && turn.loud === 0, `${where}, without its line: ${JSON.stringify(turn)}`);
  must((await page.locator('.banner').count()) === 1, `${where} does not say that the line is lost`);
  return turn;
}

async function comesBack(page, where) {
  const began = Date.now();
  await until(`${where} that is live again`, () => page.locator('[data-line=live]').count(), BACK_WITHIN);
  console.log(`${where}: live again after ${Date.now() - began} ms`);
  await until('the banner to go', async () => (await page.locator('.banner').count()) === 0);
  must((await page.locator('input[type=password]').count()) === 0, `${where} asks for the password again`);
  await page.evaluate(() => (globalThis.turns.length = 0));
}

async function valueChanges(page) {
  const values = () => page.locator('.card .value').allTextContents();
  const before = (await values()).join('|');
  await until('a value that changes', async () => (await values()).join('|') !== before, 15_000);
  const dotted = await page.locator('.card .number').evaluateAll((all) => all.filter((x) => globalThis.getComputedStyle(x).textDecorationLine.includes('underline')).length);
  must(dotted === 0, 'live values look as if they were not');
}

const view = { name: 'comeback', width: 1440, height: 900, language: 'en-US', dark: false };
const browser = await openBrowser(view);
const { page, problems } = browser;
let failed;
try {
  await signIn({ ...browser, target, view, shot: () => undefined });
  const wall = await page.context().newPage();
  await wall.goto(`${target.url}/wall`);
  await wall.locator('.wall[data-line=live]').waitFor();
  await page.bringToFront();
  await valueChanges(page);
  for (const p of [page, wall]) await p.evaluate(witness);
  problems.splice(0, problems.length);

  // A machine that hangs keeps its connections: only the silence tells.
  let since = Date.now();
  await ask('hang');
  const turn = await goesGrey(page, since, 'the overview of a gateway that hangs');
  must(turn.values > 20, `only ${turn.values} values were looked at`);
  await goesGrey(wall, since, 'the wall of a gateway that hangs');
  await ask('go on');
  await comesBack(page, 'the overview');
  await comesBack(wall, 'the wall');
  await valueChanges(page);

  since = Date.now();
  await ask('kill');
  await goesGrey(page, since, 'the overview of a killed gateway');
  await goesGrey(wall, since, 'the wall of a killed gateway');
  await ask('start');
  await comesBack(page, 'the overview');
  await comesBack(wall, 'the wall');
  await valueChanges(page);
  await until('the alarms to be counted again', async () => (await page.locator('.duty-unknown').count()) === 0);
  // The browser itself notes what it could not reach meanwhile.
  const others = problems.filter((p) => !/net::ERR_/.test(p));
  must(others.length === 0, `console: ${others.join('\n')}`);
} catch (e) {
  failed = e;
  console.error(e instanceof Error ? e.stack : e, problems.join('\n'));
} finally {
  input.close();
  await browser.close();
}
process.exit(failed ? 1 : 0);
