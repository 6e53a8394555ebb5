// Alarms, tickets and rules of the stand-in's site: one of everything that a
// person on call may meet, and enough of the past to page through.
const text = (zh, en) => ({ zh, en });
const MIN = 60_000;
const H = 60 * MIN;
const DAY = 24 * H;
export const iso = (ms) => new Date(ms).toISOString();

const rule = (id, kind, priority, cls, trade, zh, en, condition, why, first, rest = {}) => ({
  id, fault: id, kind, pack: id.startsWith('EL') ? 'elevator' : 'site', title: text(zh, en), why: text(...why), first_action: text(...first),
  condition, priority, class: cls, trade, on_delay: 10e9, off_delay: 60e9, assets: [], ...rest,
});

export const rules = [
  rule('EL-01', 'elevator', 'P1', 'emergency', 'lift_contractor', '电梯困人', 'Passenger entrapment', 'trapped or (people and door_state == "closed" and still >= 600)',
    ['轿厢内有人被困。', 'Somebody is in the car and cannot get out.'], ['与轿厢内乘客对讲安抚，拨打 24 小时救援电话；不要远程复位。', 'Talk to the people in the car, call the 24 h rescue line; do not reset remotely.'],
    { source: 'TSG T5002-2017 5(4)', latch: true, on_delay: 60e9 }),
  rule('EL-04', 'elevator', 'P2', 'simple', 'lift_contractor', '安全回路断开', 'Safety circuit open', 'not safety_circuit and mode == "normal"',
    ['安全回路断开时电梯停梯。', 'The lift stands while its safety circuit is open.'], ['查看层门与急停，通知维保。', 'Look at landing doors and stop switches; call the contractor.']),
  rule('LK-01', 'leak_sensor', 'P1', 'emergency', 'plumber', '漏水', 'Water leak', 'leak',
    ['水会渗到楼下和配电间。', 'Water goes to the flats below and to the switch room.'], ['关闭该户阀门，派人进户；空置房联系业主。', 'Close the flat’s valve and send somebody in; call the owner of a vacant flat.'], { latch: true }),
  rule('LK-03', 'leak_sensor', 'P4', 'simple', 'iot', '传感器电量低', 'Sensor battery low', 'battery < 15',
    ['没有电的传感器不会报漏水。', 'A sensor without a battery reports no leak.'], ['下次巡查时更换电池。', 'Change the battery on the next round.']),
  rule('PW-04', 'breaker', 'P2', 'simple', 'electrician', '回路失电', 'Outage of a feeder', 'tripped or not closed',
    ['下游设备全部停电。', 'Everything behind it has no supply.'], ['查明跳闸原因后再合闸，先测绝缘。', 'Find why it tripped before closing it; measure insulation first.']),
  rule('PW-02', 'power_meter', 'P2', 'simple', 'electrician', '过负荷', 'Overload', 'power > limit', ['电缆过热。', 'The cable overheats.'], ['转移负荷。', 'Move load away.'], { numbers: { limit: 150 } }),
  rule('PW-09', 'power_meter', 'P4', 'none', 'electrician', '功率因数低', 'Power factor low', 'power_factor < 0.9 and power > 20', ['力调电费。', 'It costs money.'], ['检查电容柜。', 'Look at the capacitors.'], { numbers: {} }),
  rule('PW-19', 'ups', 'P2', 'simple', 'electrician', 'UPS 电池供电', 'UPS on battery', 'state == "on_battery"', ['电池只够二十分钟。', 'The battery lasts twenty minutes.'], ['恢复市电。', 'Bring the mains back.']),
  rule('PU-09', 'pump', 'P2', 'simple', 'plumber', '变频器故障', 'Drive fault', 'fault', ['备用泵接替，没有第二台备用。', 'The standby runs; there is no second one.'], ['记录故障代码，断电 5 分钟后复位。', 'Note the code; reset after 5 min without power.']),
  rule('PU-15', 'tank', 'P3', 'simple', 'plumber', '水箱低水位', 'Tank low level', 'level < 0.8', ['会停水。', 'The water will run out.'], ['检查补水阀。', 'Look at the inlet valve.']),
  rule('AC-01', 'climate', 'P3', 'simple', 'property', '机房温度高', 'Room temperature high', 'temperature > 28', ['电池寿命减半。', 'It halves the life of the batteries.'], ['检查空调。', 'Look at the air conditioner.'], { source: 'GB 50174' }),
  rule('FW-05', 'fire_water', 'P2', 'simple', 'fire_contractor', '消防泵不在自动位', 'Fire pump selector not auto', 'selector != "auto"', ['火灾时不会自启。', 'It will not start in a fire.'], ['拨回自动位。', 'Turn it back to automatic.'], { latch: true }),
  rule('SY-01', '*', 'P4', 'none', 'iot', '数据过期', 'Point stale', 'silent for 3 periods', ['看不见就不会报警。', 'What is not seen does not alarm.'], ['检查通信。', 'Look at the line.']),
  rule('SY-03', '*', 'P3', 'none', undefined, '报警洪泛', 'Alarm flood', 'more than 10 new alarms in 10 min', ['没人读得完。', 'Nobody can read them all.'], ['先处理 P1，再找共同原因。', 'P1 first, then look for one cause.']),
  rule('EL-17', 'elevator', 'P3', 'none', 'security', '电动车进轿厢', 'E-bike in car', 'e_bike', ['充电会起火。', 'Charging them starts fires.'], ['劝离。', 'Ask for it to be taken out.'], { needs: text('轿厢摄像识别', 'an e-bike camera') }),
  rule('PU-11', 'pump', 'P3', 'complex', 'mechanic', '振动', 'Vibration', 'vibration > 4.5', ['轴承损坏。', 'The bearing fails.'], ['停泵检查。', 'Stop the pump and look.']),
];

const byID = new Map(rules.map((r) => [r.id, r]));

/** Fills in what each rule watches on the site. */
export function settleRules(assets) {
  for (const r of rules) {
    if (r.needs) continue;
    const own = assets.filter((a) => r.kind === '*' || a.kind === r.kind).map((a) => a.id);
    if (r.id === 'PU-11') r.inactive = own.map((asset) => ({ asset, why: text('该设备没有测点 vibration', 'the asset has no point vibration') }));
    else if (r.id === 'LK-01') {
      // Of one sensor nobody knows whether it is wet.
      r.assets = own.slice(0, -1);
      r.inactive = own.slice(-1).map((asset) => ({ asset, why: text('该设备没有测点 leak', 'the asset has no point leak') }));
    } else r.assets = own;
  }
}

const input = (point, number, now, quality = 'good', rest = {}) => ({ name: point, point, number, quality, time: iso(now), ...rest });

export function makeAlarms(now) {
  let n = 400;
  const open = [];
  const put = (asset, ruleID, state, ago, rest = {}) => {
    const r = byID.get(ruleID);
    const active = !['returned', 'latched', 'normal'].includes(state);
    open.push({
      id: `A${String(++n).padStart(6, '0')}`, asset, rule: r.id, fault: r.fault, title: r.title, priority: r.priority, class: r.class, trade: r.trade,
      latch: r.latch, state, active, raised: iso(now - ago), changed: iso(now - ago / 2), activations: 1,
      ...(active ? {} : { cleared: iso(now - ago / 3) }), ...(state === 'acknowledged' ? { acked: iso(now - ago / 2), by: 'admin' } : {}), ...rest,
    });
    return open.at(-1);
  };
  put('leak-1204', 'LK-03', 'unacknowledged', 31 * H, { marks: ['stale'], inputs: [input('battery', 11, now - 31 * H)] });
  put('room-1', 'AC-01', 'shelved', 5 * H, { until: iso(now + 3 * H), reason: '空调已报修，明早到货', by: 'admin' });
  put('lift-a3', 'EL-04', 'out_of_service', 2 * H, { until: iso(now + 4 * H), ticket: 'T000204', reason: '半月维保', by: 'T000204' });
  put('fire-1', 'FW-05', 'latched', 3 * H, { acked: iso(now - 2 * H), reason: '已拨回自动位', by: 'admin', inputs: [input('selector', 1, now - 3 * H)] });
  put('tank-1', 'PU-15', 'acknowledged', 50 * MIN, { marks: ['chattering'], activations: 7, inputs: [input('level', 0.76, now - 50 * MIN)] });
  const cause = put('cb-shops', 'PW-04', 'acknowledged', 26 * MIN, { reason: '物业电工已在路上', inputs: [input('tripped', 1, now - 26 * MIN), input('closed', 0, now - 26 * MIN)] });
  put('ups-1', 'PW-19', 'suppressed', 25 * MIN, { cause: cause.id, reason: `${cause.id}: Outage of a feeder`, inputs: [input('input_voltage', 0, now - 25 * MIN)] });
  put('gw-1', 'SY-01', 'suppressed', 24 * MIN, { cause: cause.id, reason: `${cause.id}: Outage of a feeder` });
  put('lift-a1', 'EL-01', 'acknowledged', 19 * MIN, { inputs: [input('trapped', 1, now - 19 * MIN), input('people', null, now - 19 * MIN, 'lost', { reason: 'no reply in 1 s' })] });
  put('pump-2', 'PU-09', 'returned', 12 * MIN, { inputs: [input('fault', 1, now - 12 * MIN), input('fault_code', 14, now - 12 * MIN)] });
  put('_site', 'SY-03', 'unacknowledged', 6 * MIN);
  put('leak-1203', 'LK-01', 'unacknowledged', 4 * MIN, { marks: ['flood'], inputs: [input('leak', 1, now - 4 * MIN)] });
  put('lift-a3', 'EL-01', 'out_of_service', 2 * H, { until: iso(now + 4 * H), ticket: 'T000204', reason: '半月维保', by: 'T000204' });
  const past = [];
  for (let i = 0; i < 260; i++) {
    const r = rules[i % 11];
    const at = now - DAY - i * 97 * MIN;
    past.push({
      id: `A${String(400 - i).padStart(6, '0')}`, asset: r.assets[i % Math.max(r.assets.length, 1)] ?? 'tank-1', rule: r.id, fault: r.fault, title: r.title,
      priority: r.priority, class: r.class, trade: r.trade, state: 'normal', active: false, raised: iso(at), cleared: iso(at + 20 * MIN),
      acked: iso(at + 3 * MIN), changed: iso(at + 20 * MIN), activations: 1,
    });
  }
  return [...open.reverse(), ...past];
}

const clock = (promise, hours, started, rest = {}) => ({
  promise, limit: hours * 3600e9, started: iso(started), due: iso(started + hours * H), pauses: 0, ...rest,
});

export function makeTickets(now, alarms) {
  let n = 200;
  const all = [];
  const put = (ruleID, asset, state, ago, rest = {}) => {
    const r = byID.get(ruleID);
    const alarm = alarms.find((a) => a.asset === asset && a.rule === ruleID && a.state !== 'normal');
    all.push({
      id: `T${String(++n).padStart(6, '0')}`, asset, fault: ruleID, title: r.title, origin: 'alarm', class: r.class === 'none' ? 'simple' : r.class,
      priority: r.priority, trade: r.trade, state, opened: iso(now - ago), changed: iso(now - ago / 2), reopened: 0, alarms: alarm ? [alarm.id] : [], clocks: [], ...rest,
    });
  };
  const met = (at) => ({ met: iso(at) });
  put('FW-05', 'fire-1', 'proving', 3 * H, { done: iso(now - H), proof_until: iso(now + 23 * MIN), accepted: iso(now - 2.9 * H), assignee: '消防维保', clocks: [clock('respond', 0.25, now - 3 * H, met(now - 2.9 * H)), clock('repair', 24, now - 3 * H, met(now - H))] });
  put('PU-15', 'tank-1', 'waiting', 30 * H, { waits: 'parts', assignee: '李师傅', clocks: [clock('respond', 0.25, now - 30 * H, { breached: iso(now - 29.75 * H), met: iso(now - 29 * H) }), clock('repair', 24, now - 20 * H, { paused: iso(now - 5 * H), pauses: 0 })] });
  put('PU-11', 'pump-1', 'assigned', 66 * H, { class: 'complex', assignee: '设备厂家', clocks: [clock('respond', 0.25, now - 66 * H, met(now - 65.9 * H)), clock('plan', 72, now - 66 * H, { warned: iso(now - 4 * H) })] });
  put('EL-04', 'lift-a3', 'in_progress', 2 * H, { origin: 'plan', title: text('电梯半月维保', 'Half-month lift service'), class: 'planned', assignee: '电梯维保', plan_for: iso(now - 20 * H), clocks: [clock('due', 48, now - 68 * H, { breached: iso(now - 20 * H) })] });
  put('PW-04', 'cb-shops', 'accepted', 26 * MIN, { accepted: iso(now - 20 * MIN), clocks: [clock('respond', 0.25, now - 26 * MIN, met(now - 20 * MIN)), clock('repair', 24, now - 26 * MIN)] });
  put('EL-01', 'lift-a1', 'in_progress', 19 * MIN, { assignee: '电梯维保', clocks: [clock('respond', 0.25, now - 19 * MIN, met(now - 17 * MIN)), clock('entrapment', 0.5, now - 19 * MIN)] });
  put('PU-09', 'pump-2', 'reopened', 50 * H, { reopened: 1, recurrence: 'T000100', clocks: [clock('respond', 0.25, now - 12 * MIN), clock('repair', 24, now - 50 * H, { breached: iso(now - 26 * H) })] });
  put('LK-01', 'leak-1203', 'open', 4 * MIN, { unit: 'b-1203', clocks: [clock('respond', 0.25, now - 4 * MIN)] });
  all.push({
    id: 'T000209', unit: 'b-1204', area: 'b-12', title: text('厨房水龙头滴水', '厨房水龙头滴水'), detail: '业主来电：昨晚开始滴水，白天有人在家。', origin: 'person', by: 'admin',
    class: 'simple', priority: 'P4', trade: 'plumber', state: 'open', opened: iso(now - 13.5 * MIN), changed: iso(now - 13.5 * MIN), reopened: 0, clocks: [clock('respond', 0.25, now - 13.5 * MIN, { warned: iso(now - MIN) })],
  });
  const past = [];
  for (let i = 0; i < 130; i++) {
    const r = rules[i % 10];
    const at = now - 3 * DAY - i * 9 * H;
    past.push({
      id: `T${String(200 - i).padStart(6, '0')}`, asset: r.assets[0], fault: r.id, title: r.title, origin: 'alarm', class: 'simple', priority: r.priority, trade: r.trade,
      state: i % 9 === 8 ? 'cancelled' : 'closed', opened: iso(at), changed: iso(at + 6 * H), accepted: iso(at + 9 * MIN), done: iso(at + 5 * H), closed: iso(at + 6 * H), reopened: 0,
      clocks: [clock('respond', 0.25, at, met(at + 9 * MIN)), clock('repair', 24, at, met(at + 5 * H))],
    });
  }
  return [...all.reverse(), ...past];
}

const of = (name, zh, en, unit, value, kind, ids, target, grade, rest = {}) => ({
  name, title: text(zh, en), unit, value, count: ids.length, kind, ids, total: ids.length, ...(target && { target }), ...(grade && { grade }), ...rest,
});

export function makeKPI(from, to, alarms, tickets) {
  const eemua = 'EEMUA 191';
  const a = alarms.filter((x) => Date.parse(x.raised) >= from).map((x) => x.id);
  const k = tickets.filter((x) => Date.parse(x.opened) >= from).map((x) => x.id);
  const days = (to - from) / DAY;
  const top = rules.slice(0, 10).map((r, i) => {
    const ids = alarms.filter((x) => x.rule === r.id).map((x) => x.id);
    return { rule: r.id, asset: r.assets[0] ?? 'tank-1', count: ids.length, share: 22 - 2 * i, ids, total: ids.length };
  });
  const ofAll = top.map((x) => ({ ...x, asset: undefined }));
  return {
    site: 'garden', from: iso(from), to: iso(to),
    service: [
      of('respond_in_time', '按时响应率', 'Responded to in time', '%', 96.4, 'ticket', k, { acceptable: 98, at_least: true, source: 'promise' }, 'beyond', { count: 134, of: 139 }),
      of('entrapments_in_time', '困人按时到场率', 'Entrapments reached in time', '%', null, 'ticket', []),
      of('repairs_in_time', '简单维修按时完成率', 'Simple repairs done in time', '%', 99.2, 'ticket', k.slice(0, 60), undefined, undefined, { count: 128, of: 129 }),
      of('tickets_open', '未结工单', 'Tickets open at the end', '', 9, 'ticket', k.slice(0, 9)),
      of('mean_respond', '平均响应时间', 'Mean time to respond', 's', 512, 'ticket', k.slice(0, 80)),
      of('mean_repair', '平均修复时间', 'Mean time to repair', 's', 18_400, 'ticket', k.slice(0, 80)),
    ],
    alarms: [
      of('alarms', '报警数', 'Alarms', '', a.length, 'alarm', a),
      of('alarms_per_day', '每日报警数', 'Alarms a day', '1/d', a.length / days, 'alarm', a, { acceptable: 144, manageable: 288, source: eemua }, 'acceptable'),
      of('alarms_per_10min', '每 10 分钟报警数', 'Alarms in 10 minutes', '1/10min', 1.4, 'alarm', a, { acceptable: 1, manageable: 2, source: eemua }, 'manageable'),
      of('flood_time', '报警洪泛时间占比', 'Time in flood', '%', 1.8, 'alarm', a.slice(0, 40), { acceptable: 1, strict: true, source: 'ISA-18.2' }, 'beyond'),
      of('chattering', '抖动报警', 'Chattering alarms', '', 1, 'alarm', a.slice(0, 1), { acceptable: 0, source: 'ISA-18.2' }, 'beyond'),
      of('stale', '长期未消报警', 'Stale alarms at the end', '', 1, 'alarm', a.slice(0, 1), { acceptable: 5, strict: true, source: 'ISA-18.2' }, 'acceptable'),
    ],
    top, rules: ofAll,
  };
}
