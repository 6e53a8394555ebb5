// The stand-in's alarms and tickets: lists, details, actions that change them
// and are told over the stream, as the gateway does.
import { iso, makeAlarms, makeKPI, makeTickets, rules, settleRules } from './mock-duty-data.mjs';

const list = (q, name) => (q.get(name) ?? '').split(',').filter(Boolean);
const ALARM_TO = { reset: 'normal', shelve: 'shelved', unshelve: 'unacknowledged', remove: 'out_of_service', restore: 'unacknowledged' };
const TICKET_TO = {
  accept: 'accepted', start: 'in_progress', resume: 'in_progress', assign: 'assigned', wait: 'waiting', done: 'proving', close: 'closed', reopen: 'reopened', cancel: 'cancelled',
};

/** The alarms and tickets of a site; tell hears of each change. */
export function makeDuty(site, assets, tell) {
  settleRules(assets);
  const now = Date.now();
  const alarms = makeAlarms(now);
  const tickets = makeTickets(now, alarms);
  const facts = [{ name: 'vacant', unit: 'b-1203', number: 1, at: iso(now - 9e8), by: 'admin' }, { name: 'serviced_half_month', asset: 'lift-a1', number: Math.floor(now / 1000) - 9e5, at: iso(now - 9e8) }];
  const lives = new Map();
  const timelines = new Map();
  const files = new Map();
  let seq = 5000;

  const below = (area) => {
    const all = new Set([area]);
    for (const a of site.areas) if (all.has(a.parent)) all.add(a.id);
    return all;
  };
  const narrowed = (all, q, time) => {
    const open = q.get('open') === 'true';
    const area = q.get('area') ? below(q.get('area')) : null;
    const has = (name, x) => list(q, name).length === 0 || list(q, name).includes(x);
    let out = all.filter(
      (x) =>
        has('id', x.id) && has('state', x.state) && has('priority', x.priority) && has('class', x.class) && has('asset', x.asset) && has('rule', x.rule) && has('unit', x.unit) &&
        (!open || !['normal', 'closed', 'cancelled'].includes(x.state)) &&
        (!area || area.has(x.area ?? assets.find((a) => a.id === x.asset)?.area)) &&
        (q.get('breached') !== 'true' || x.clocks?.some((c) => c.breached)) &&
        (!q.get('from') || Date.parse(x.cleared ?? x.closed ?? iso(Date.now())) >= Number(q.get('from'))) &&
        (!q.get('to') || Date.parse(x[time]) < Number(q.get('to'))),
    );
    if (q.get('after')) out = out.filter((x) => x.id < q.get('after'));
    return out.slice(0, Number(q.get('limit') ?? 100));
  };
  const life = (a) => {
    if (!lives.has(a.id)) lives.set(a.id, [{ seq: seq++, at: a.raised, event: 'raise', from: 'normal', to: 'unacknowledged', alarm: a, why: '' }]);
    return lives.get(a.id);
  };
  const timeline = (x) => {
    if (!timelines.has(x.id)) {
      const opened = Date.parse(x.opened);
      const lines = [{ at: x.opened, what: 'opened', by: x.by, alarm: x.alarms?.[0], say: { zh: `${x.title.zh}：报警`, en: `${x.title.en}: raised` } }];
      if (x.recurrence) lines.push({ at: x.opened, what: 'recurrence', text: x.recurrence, say: { zh: '同一故障复发', en: 'the same fault was closed not long before' } });
      if (x.asset) {
        const points = assets.find((a) => a.id === x.asset)?.points.slice(0, 3).map((p) => p.name) ?? [];
        lines.push({ at: x.opened, what: 'trend', text: JSON.stringify({ asset: x.asset, points, from: iso(opened - 18e5), to: x.opened }) });
      }
      if (x.clocks?.some((c) => c.breached)) lines.push({ at: iso(opened + 9e5), what: 'breached', clock: x.clocks.find((c) => c.breached).promise });
      if (x.assignee) lines.push({ at: iso(opened + 6e5), what: 'assigned', by: 'admin', text: x.assignee });
      timelines.set(x.id, lines.map((l, i) => ({ ticket: x.id, no: i + 1, ...l })));
    }
    return timelines.get(x.id);
  };
  const note = (x, line) => timeline(x).push({ ticket: x.id, no: timeline(x).length + 1, at: iso(Date.now()), by: 'admin', ...line });
  const changed = (a, t) => {
    const c = { alarms: a, tickets: t };
    tell(c);
    return [200, c];
  };
  const refused = (zh, en) => [409, { error: { code: 'refused', message: en, text: { zh, en } } }];
  const unknown = () => [404, { error: { code: 'unknown', message: 'there is no such alarm or ticket' } }];

  function actAlarm(a, b) {
    const from = a.state;
    if (b.do === 'acknowledge' && from !== 'unacknowledged' && from !== 'returned') return refused(`${a.id} 已由 admin 确认`, `${a.id} was already acknowledged by admin`);
    if (b.do === 'shelve' && a.priority === 'P1') return refused(`${a.id} 为 P1，不得搁置`, `${a.id} is P1 and cannot be shelved`);
    const acked = a.active ? 'acknowledged' : a.latch ? 'latched' : 'normal';
    Object.assign(a, { state: b.do === 'acknowledge' ? acked : ALARM_TO[b.do], changed: iso(Date.now()), by: 'admin', reason: b.reason ?? b.note, until: b.until, ticket: b.ticket });
    life(a).push({ seq: seq++, at: a.changed, event: b.do, from, to: a.state, by: 'admin', why: b.reason ?? b.note, alarm: { ...a } });
    return changed([a], []);
  }
  function actTicket(x, b) {
    if (b.do === 'close') return refused(`工单 ${x.id} 由 admin 完工，须由另一人关闭`, `${x.id} was done by admin: another person closes it, or the proof does`);
    const from = x.state;
    const to = b.do === 'assign' && ['in_progress', 'waiting'].includes(from) ? from : (TICKET_TO[b.do] ?? from);
    Object.assign(x, { state: to, changed: iso(Date.now()) });
    if (b.do === 'accept') {
      x.accepted = x.changed;
      for (const c of x.clocks) if (c.promise === 'respond') c.met = x.changed;
    }
    if (b.do === 'assign') x.assignee = b.to;
    if (b.do === 'wait') x.waits = b.waits;
    if (b.do === 'done') x.proof_until = iso(Date.now() + 18e5);
    if (b.class) x.class = b.class;
    const what = { note: 'note', assign: 'assigned', plan: 'planned', classify: 'classified' }[b.do] ?? 'state';
    note(x, { what, ...(what === 'state' ? { from, to } : {}), text: b.to ?? b.reason ?? b.note });
    return changed([], [x]);
  }
  function explain(asset) {
    return rules.filter((r) => r.kind === '*' || r.kind === asset.kind).map((r) => {
      const watching = r.assets.includes(asset.id);
      const alarm = alarms.find((a) => a.asset === asset.id && a.rule === r.id && a.state !== 'normal');
      const p = asset.points[0];
      return {
        ...r, assets: [asset.id], asset: asset.id, watching, truth: !watching ? 'unknown' : alarm?.active ? 'true' : 'false', state: alarm?.state ?? 'normal', alarm: alarm?.id,
        verdict: !watching ? { zh: '未启用：没有该信号', en: 'Inactive: the asset has no such point' } : alarm ? { zh: `报警中：${p.name}`, en: `Alarming: ${p.name}` } : { zh: `未报警：${p.name} 正常`, en: `Not alarming: ${p.name} is normal` },
        since: iso(now - 36e5), present: watching ? [{ name: p.name, point: p.name, number: 1, quality: 'good', time: iso(Date.now()) }] : [], numbers: r.numbers ?? (watching ? { limit: 28, dead_band: 2 } : {}),
      };
    });
  }
  function get(path, q) {
    const one = (pattern) => decodeURIComponent(pattern.exec(path)?.[1] ?? '');
    if (path === '/alarms') return [200, { alarms: narrowed(alarms, q, 'raised') }];
    if (path === '/tickets') return [200, { tickets: narrowed(tickets, q, 'opened') }];
    if (path === '/rules') return [200, { rules }];
    if (path === '/facts') return [200, { facts }];
    if (path === '/kpi') return [200, makeKPI(Number(q.get('from')), Number(q.get('to')), alarms, tickets)];
    const alarm = alarms.find((a) => a.id === one(/^\/alarms\/([^/]+)$/));
    if (alarm) return [200, { alarm, transitions: life(alarm) }];
    const ticket = tickets.find((x) => x.id === one(/^\/tickets\/([^/]+)$/));
    if (ticket) return [200, { ticket, timeline: timeline(ticket) }];
    const asset = assets.find((a) => a.id === one(/^\/assets\/([^/]+)\/rules$/));
    if (asset) return [200, { rules: explain(asset) }];
    return /^\/(alarms|tickets)\//.test(path) ? unknown() : undefined;
  }
  function act(path, q, body, type) {
    const [, what, id, verb] = /^\/(alarms|tickets)\/([^/]+)\/(actions|attachments)$/.exec(path) ?? [];
    const target = (what === 'alarms' ? alarms : tickets).find((x) => x.id === id);
    if (what && !target) return unknown();
    if (verb === 'attachments') {
      const file = `f${files.size}`;
      files.set(file, { body, type });
      note(target, { what: 'attached', attach: { id: file, name: q.get('name'), type, size: body.length } });
      return changed([], [target]);
    }
    const b = JSON.parse(body.toString('utf8') || '{}');
    if (verb === 'actions') return what === 'alarms' ? actAlarm(target, b) : actTicket(target, b);
    if (path === '/tickets') {
      const at = iso(Date.now());
      const x = { ...b, id: `T${String(300 + tickets.length).padStart(6, '0')}`, title: { zh: b.title, en: b.title }, origin: 'person', by: 'admin', state: 'open', opened: at, changed: at, reopened: 0, clocks: [{ promise: 'respond', limit: 900e9, started: at, due: iso(Date.now() + 9e5), pauses: 0 }] };
      tickets.unshift(x);
      return changed([], [x]);
    }
    if (path === '/facts') {
      const old = facts.findIndex((f) => f.name === b.name && f.asset === b.asset && f.unit === b.unit);
      if (old >= 0) facts.splice(old, 1);
      facts.push({ ...b, at: iso(Date.now()), by: 'admin' });
      return changed([], []);
    }
    return undefined;
  }

  return {
    /** Status and body of a request about alarms and tickets; undefined for any other. */
    answer: (method, path, q, body, type) => (method === 'POST' ? act(path, q, body, type) : get(path, q)),
    photo: (path) => files.get(/^\/attachments\/(.+)$/.exec(path)?.[1] ?? ''),
    /** Raises one more, as equipment does. */
    raise: (asset, id) => {
      const r = rules.find((x) => x.id === id);
      const at = iso(Date.now());
      const a = { id: `A${String(900 + alarms.length).padStart(6, '0')}`, asset, rule: id, fault: id, title: r.title, priority: r.priority, class: r.class, state: 'unacknowledged', active: true, raised: at, changed: at, activations: 1 };
      alarms.unshift(a);
      changed([a], []);
      return a.id;
    },
  };
}
