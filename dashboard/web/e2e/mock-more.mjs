// What the stand-in says beside values: consumption of counters, the audit log
// of what people did, the journal's books, and alarms, tickets and rules as
// far as a chart asks for them.
import { createHash } from 'node:crypto';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const ZONE = 8 * HOUR; // Asia/Shanghai has no summer time

const floorTo = (t, unit) => Math.floor((t + ZONE) / unit) * unit - ZONE;

/** Beginning of the period that a time is in, and of the next one. */
function bounds(every, t) {
  if (every === 'hour') return [floorTo(t, HOUR), floorTo(t, HOUR) + HOUR];
  if (every === 'day') return [floorTo(t, DAY), floorTo(t, DAY) + DAY];
  if (every === 'week') {
    const monday = floorTo(t + 3 * DAY, 7 * DAY) - 3 * DAY; // 1970 began on a Thursday
    return [monday, monday + 7 * DAY];
  }
  const d = new Date(t + ZONE);
  const at = (m) => Date.UTC(d.getUTCFullYear(), m, 1) - ZONE;
  return [at(d.getUTCMonth()), at(d.getUTCMonth() + 1)];
}

/** What a counter rises by between two instants: more by day than by night, less at weekends. */
function rise(a, p, from, to) {
  const seed = [...`${a.id}${p.name}`].reduce((s, c) => s + c.charCodeAt(0), 0);
  const size = p.unit === 'kWh' ? 40 + (seed % 60) : p.unit === 'm3' ? 1.4 : 0.3;
  let sum = 0;
  for (let t = floorTo(from, HOUR); t < to; t += HOUR) {
    const hour = Math.floor((t + ZONE) / HOUR) % 24;
    const day = Math.floor((t + ZONE) / DAY);
    const share = Math.max(0, Math.min(t + HOUR, to) - Math.max(t, from)) / HOUR;
    const busy = 0.4 + (hour > 6 && hour < 22 ? 0.6 : 0) + (hour > 17 && hour < 21 ? 0.3 : 0);
    sum += share * size * busy * ((day + 3) % 7 > 4 ? 0.7 : 1) * (1 + 0.1 * Math.sin(day * 1.7));
  }
  return sum;
}

function consumption(a, q) {
  const every = q.get('every') ?? 'day';
  const now = Date.now();
  const to = Number(q.get('to') ?? now);
  let [begin, next] = bounds(every, Number(q.get('from') ?? to - 30 * DAY));
  const begins = [];
  for (; begin < to; [begin, next] = bounds(every, next)) begins.push([begin, next]);
  const series = q.get('points').split(',').map((name) => {
    const p = a.points.find((x) => x.name === name);
    let total = 0;
    const periods = begins.map(([from, end], i) => {
      const start = new Date(from).toISOString();
      if (from > now) return { start, amount: null };
      if (a.id === 'meter-lift' && i === begins.length - 12) return { start, amount: null };
      const amount = rise(a, p, from, Math.min(end, now));
      total += amount;
      const odd = i === begins.length - 9 ? { estimated: true } : i === begins.length - 6 && a.id === 'meter-main' ? { reset: true } : {};
      return { start, amount, ...odd };
    });
    return { point: name, unit: p.unit, total, periods };
  });
  return { asset: a.id, from: new Date(begins[0][0]).toISOString(), to: new Date(begin).toISOString(), every, series };
}

const SAID = [
  ['wang', 'acknowledge', 'A000031', ''],
  ['wang', 'accept', 'T000018', ''],
  ['li', 'note', 'T000018', '已关总阀，等待业主授权入户'],
  ['admin', 'shelve', 'A000029', 'sensor is being replaced'],
  ['li', 'done', 'T000017', ''],
  ['admin', 'sign_in', 'admin', ''],
];

function auditRows() {
  let hash = '';
  const rows = [];
  for (let no = 1; no <= 42; no++) {
    const [by, act, about, text] = SAID[no % SAID.length];
    const at = new Date(Date.now() - (43 - no) * 1_740_000).toISOString();
    hash = createHash('sha256').update(`${hash}${no}${by}${act}${about}${text}`).digest('hex');
    rows.push({ no, by, do: act, about, ...(text === '' ? {} : { text }), at, hash });
  }
  return rows.reverse();
}

function auditOf(q) {
  const after = Number(q.get('after') ?? Infinity);
  return { rows: auditRows().filter((r) => r.no < after).slice(0, Number(q.get('limit') ?? 100)) };
}

/** Each hour's books of the last day, for each reader. */
function booksOf() {
  const hour = Math.floor(Date.now() / HOUR) * HOUR;
  const rows = [];
  for (let i = 23; i >= 0; i--) {
    for (const reader of ['history', 'influxdb', 'rules']) {
      const produced = i === 0 ? 12_400 : 36_000;
      const waiting = reader === 'influxdb' && i === 0 ? 5230 : 0;
      const dropped = reader === 'influxdb' && i === 7 ? { refused: 2 } : reader === 'influxdb' && i === 11 ? { 'journal full': 240 } : {};
      const gone = Object.values(dropped).reduce((a, b) => a + b, 0);
      rows.push({ hour: new Date(hour - i * HOUR).toISOString(), reader, produced, stored: produced - waiting - gone, waiting, dropped });
    }
  }
  return { hours: rows };
}

const text = (zh, en) => ({ zh, en });

/** Alarms and tickets of a meter and of a pump, now and then. */
function dutyOf(assets, q) {
  const now = Date.now();
  const from = Number(q.get('from') ?? 0);
  const to = Number(q.get('to') ?? now);
  const wanted = new Set((q.get('asset') ?? '').split(',').filter(Boolean));
  const alarms = [];
  const tickets = [];
  for (const a of assets) {
    if (!['power_meter', 'pump', 'elevator'].includes(a.kind) || (wanted.size > 0 && !wanted.has(a.id))) continue;
    [0.35, 2.5, 5, 8.2, 30, 77, 200, 480].forEach((hours, i) => {
      const raised = now - hours * HOUR;
      const cleared = i === 0 ? null : raised + (7 + i * 9) * 60_000;
      if (raised > to || (cleared ?? now) < from) return;
      const id = `A${String(900 - i * 7).padStart(6, '0')}`;
      const priority = ['P2', 'P3', 'P1', 'P3'][i % 4];
      alarms.push({
        id, asset: a.id, rule: 'PW-08.high', fault: 'PW-08', title: text('电压偏高', 'Voltage high'), priority, class: 'simple',
        state: i === 0 ? 'unacknowledged' : 'normal', active: i === 0, raised: new Date(raised).toISOString(),
        ...(cleared ? { cleared: new Date(cleared).toISOString() } : {}), changed: new Date(cleared ?? raised).toISOString(), activations: 1,
      });
      if (i % 2 === 0) {
        tickets.push({
          id: `T${String(300 - i).padStart(6, '0')}`, asset: a.id, title: text('检查电压', 'Check the voltage'), origin: 'alarm', class: 'simple',
          priority, state: i === 0 ? 'accepted' : 'closed', opened: new Date(raised + 60_000).toISOString(),
          ...(i === 0 ? {} : { closed: new Date(raised + 5 * HOUR).toISOString() }), changed: new Date(raised).toISOString(), reopened: 0,
        });
      }
    });
  }
  return { alarms, tickets };
}

function rulesOf(a) {
  const rule = (id, zh, en, condition, priority, numbers) => ({
    id, title: text(zh, en), condition, priority, watching: true, numbers, asset: a.id, kind: a.kind, fault: id, pack: 'power', why: text('', ''),
    first_action: text('', ''), class: 'simple', on_delay: 60e9, off_delay: 60e9, assets: [a.id], truth: 'false', verdict: text('正常', 'Normal'),
    state: 'normal', present: [],
  });
  if (a.kind !== 'power_meter') return { rules: [] };
  return {
    rules: [
      rule('PW-02', '过负荷', 'Overload', 'power > limit', 'P2', { limit: 150 }),
      rule('PW-09', '功率因数低', 'Power factor low', 'power_factor < 0.9 and power > 20', 'P4', {}),
    ],
  };
}

/** A pump that started some minutes ago. */
function changesOf(assets) {
  const asset = assets.find((a) => a.points.some((p) => p.type === 'bool'));
  const point = asset?.points.find((p) => p.type === 'bool');
  if (!point) return { changes: [] };
  const [old, now] = [0, 1].map((number) => ({ number, quality: 'good' }));
  return { changes: [{ asset: asset.id, point: point.name, at: Date.now() - 240_000, old, new: now }] };
}

/** The answer to a path of the contract that this file knows, or undefined. */
export function answerMore(path, q, assets) {
  const [, id, what] = /^\/assets\/([^/]+)\/(\w+)$/.exec(path) ?? [];
  const asset = id === undefined ? undefined : assets.find((a) => a.id === decodeURIComponent(id));
  if (asset && what === 'consumption') return consumption(asset, q);
  if (asset && what === 'rules') return rulesOf(asset);
  if (path === '/audit') return auditOf(q);
  if (path === '/journal/books') return booksOf();
  if (path === '/changes') return changesOf(assets);
  if (path === '/alarms') return { alarms: dutyOf(assets, q).alarms };
  if (path === '/tickets') return { tickets: dutyOf(assets, q).tickets };
  return undefined;
}
