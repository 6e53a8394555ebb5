// Every page there is, with the assets, alarms and tickets that a site happens
// to have: what is photographed, and what axe goes through.

/** What the site has to show, asked as the page itself asks. */
export function whatThereIs(page) {
  return page.evaluate(async () => {
    const get = async (path) => (await fetch(`/api/v1${path}`)).json();
    const [{ assets }, { alarms }, { tickets }, { rules }] = await Promise.all([
      get('/assets'), get('/alarms?limit=100'), get('/tickets?limit=100'), get('/rules'),
    ]);
    const kinds = {};
    for (const a of assets) kinds[a.kind] ??= a.id;
    const power = assets.filter((a) => 'power' in (a.values ?? {}) || a.points?.some((p) => p.name === 'power')).map((a) => a.id);
    return { kinds, alarms, tickets, rules, power };
  });
}

/** Those whose state differs, the first of each: a page of an open alarm is not that of a shelved one. */
function oneOfEachState(all, most) {
  const seen = new Map();
  for (const x of all) if (!seen.has(x.state)) seen.set(x.state, x);
  return [...seen.values()].slice(0, most);
}

/**
 * The pages behind the sign-in: a name for the picture, the address, and what
 * is there when it is ready. Whole pages are photographed to their end.
 */
export function pagesOf({ kinds, alarms, tickets, rules, power }) {
  const lift = kinds.elevator ?? Object.values(kinds)[0];
  const rule = rules.find((r) => r.kind === 'elevator') ?? rules[0];
  const asset = (id) => `/assets/${encodeURIComponent(id)}`;
  return [
    { name: 'overview', path: '/', ready: 'article.card' },
    { name: 'mimic', path: '/?view=mimic', ready: '.mimic-node' },
    { name: 'asset', path: asset(lift), ready: '.face-svg' },
    { name: 'asset-whole', path: asset(lift), ready: '.explain', whole: true },
    ...Object.entries(kinds).filter(([, id]) => id !== lift).map(([kind, id]) => ({ name: `face-${kind}`, path: asset(id), ready: '.point-table' })),
    { name: 'alarms', path: '/alarms', ready: '.arow, .dlist-empty' },
    { name: 'alarms-history', path: '/alarms?tab=history', ready: '.arow, .dlist-empty' },
    ...oneOfEachState(alarms, 3).map((a) => ({ name: `alarm-${a.state}`, path: `/alarms?alarm=${a.id}`, ready: '.ant-drawer .step' })),
    { name: 'tickets', path: '/tickets', ready: '.tcard, .trow, .dlist-empty' },
    { name: 'tickets-list', path: '/tickets?view=list', ready: '.tcard, .trow, .dlist-empty' },
    ...oneOfEachState(tickets, 3).map((x) => ({ name: `ticket-${x.state}`, path: `/tickets/${x.id}`, ready: '.tl', whole: true })),
    { name: 'ticket-new', path: '/tickets/new', ready: '.action-form' },
    { name: 'rules', path: '/rules', ready: '.rrow' },
    { name: 'rule', path: `/rules?rule=${encodeURIComponent(rule.id)}`, ready: '.ant-drawer .condition' },
    { name: 'kpi', path: '/kpi', ready: '.figures li', whole: true },
    { name: 'energy', path: '/energy', ready: '.bars svg', whole: true },
    { name: 'compare', path: `/compare?p=${power.slice(0, 3).map((id) => `${encodeURIComponent(id)}/power`).join(',')}`, ready: '.compare .chart canvas, .compare .chosen' },
    { name: 'system', path: '/system', ready: '#part-audit table', whole: true },
  ];
}
