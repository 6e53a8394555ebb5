// The site that the stand-in pretends to watch.
import { pointsOf } from './catalogue.mjs';

const text = (zh, en) => ({ zh, en });
const LIFT = [
  'car_floor', 'direction', 'door_state', 'mode', 'car_load', 'car_speed', 'rated_speed', 'people', 'trapped', 'fault', 'fault_code',
  'safety_circuit', 'main_power', 'machine_room_temperature', 'run_hours', 'run_count', 'door_cycles',
];
const METER = ['voltage_l*', 'current_l*', 'power_l1', 'power_l2', 'power_l3', 'power', 'power_factor', 'frequency', 'power_demand', 'energy_import', 'thd_voltage'];
const PUMP = ['running', 'mode', 'frequency', 'suction_pressure', 'discharge_pressure', 'motor_temperature', 'power', 'fault', 'fault_code', 'starts', 'run_hours'];
const LEAK = ['leak', 'battery', 'tamper', 'linkquality', 'temperature'];
const BREAKER = ['closed', 'tripped', 'current_l1', 'current_l2', 'current_l3', 'temperature', 'operations'];
const BOOSTER = ['running', 'mode', 'pump1_*', 'pump2_*', 'pump3_*', 'suction_pressure', 'discharge_pressure', 'pressure_setpoint', 'flow', 'tank_level', 'dry_run', 'fault', 'fault_code', 'starts', 'run_hours'];

const asset = (id, kind, area, zh, en, names, rest = {}) => ({
  id, name: text(zh, en), kind, area, source: `modbus pump-room unit ${id.length}`, points: pointsOf(kind, names), ...rest,
});

export const site = {
  id: 'garden',
  name: text('示范花园', 'Demo Garden'),
  timezone: 'Asia/Shanghai',
  language: 'zh',
  version: '1',
  areas: [
    { id: 'a', name: text('A座', 'Tower A') },
    { id: 'a-power', parent: 'a', name: text('低压配电室', 'Low-voltage switch room') },
    { id: 'a-pumps', parent: 'a', name: text('生活水泵房', 'Pump room') },
    { id: 'a-fire', parent: 'a', name: text('消防泵房', 'Fire pump room') },
    { id: 'a-it', parent: 'a', name: text('弱电机房', 'Equipment room') },
    { id: 'b', name: text('B座', 'Tower B') },
    { id: 'b-12', parent: 'b', name: text('十二层', 'Floor 12') },
    { id: 'roof', name: text('屋顶', 'Roof') },
  ],
  units: ['1203', '1204', '1205'].map((n) => ({ id: `b-${n}`, area: 'b-12', name: text(`B座${n}`, `B-${n}`) })),
};

const fed = (...by) => ({ fed_by: by });
const flat = (unit) => ({ unit });

export const assets = [
  asset('lift-a1', 'elevator', 'a', 'A座1号梯', 'Lift A1', LIFT, fed('cb-lifts')),
  asset('lift-a2', 'elevator', 'a', 'A座2号梯', 'Lift A2', LIFT, fed('cb-lifts')),
  asset('lift-a3', 'elevator', 'a', 'A座3号消防梯', 'Fire lift A3', LIFT, fed('cb-lifts')),
  asset('tr-1', 'transformer', 'a-power', '1号变压器', 'Transformer 1', ['winding_temperature_a', 'winding_temperature_b', 'winding_temperature_c', 'core_temperature', 'load', 'fan_running', 'fan_fault', 'temperature_alarm', 'temperature_trip']),
  asset('meter-main', 'power_meter', 'a-power', '总进线电表', 'Main incomer meter', METER, fed('tr-1')),
  asset('gen-1', 'generator', 'a-power', '柴油发电机', 'Diesel generator', ['running', 'mode', 'power', 'voltage_l1', 'frequency', 'speed', 'coolant_temperature', 'oil_pressure', 'fuel_level', 'battery_voltage', 'run_hours', 'starts', 'start_failed', 'fault', 'fault_code']),
  asset('ats-1', 'ats', 'a-power', '应急双电源', 'Emergency transfer switch', ['position', 'normal_available', 'emergency_available', 'mode', 'voltage_normal', 'voltage_emergency', 'transfers', 'fault'], fed('meter-main', 'gen-1')),
  asset('cb-lifts', 'breaker', 'a-power', '电梯回路断路器', 'Lift feeder', BREAKER, fed('ats-1')),
  asset('cb-pumps', 'breaker', 'a-power', '水泵回路断路器', 'Pump feeder', BREAKER, fed('ats-1')),
  asset('cb-shops', 'breaker', 'a-power', '商铺回路断路器', 'Shop feeder', BREAKER, fed('meter-main')),
  asset('meter-lift', 'power_meter', 'a-power', '电梯回路电表', 'Lift circuit meter', METER, fed('cb-lifts')),
  asset('pump-1', 'pump', 'a-pumps', '生活泵1号', 'Domestic pump 1', PUMP, fed('cb-pumps')),
  asset('pump-2', 'pump', 'a-pumps', '生活泵2号', 'Domestic pump 2', PUMP, fed('cb-pumps')),
  asset('booster-1', 'booster', 'a-pumps', '高区变频供水', 'High-zone booster set', BOOSTER, fed('cb-pumps')),
  asset('tank-1', 'tank', 'a-pumps', '屋顶水箱', 'Roof tank', ['level', 'level_high', 'level_low']),
  asset('tank-2', 'tank', 'a-pumps', '生活水箱', 'Break tank', ['level', 'level_percent', 'volume', 'level_low', 'level_low_low', 'level_high', 'level_high_high', 'overflow', 'chlorine']),
  asset('valve-1', 'valve', 'a-pumps', '市政进水阀', 'Mains inlet valve', ['state', 'position', 'flow', 'pressure', 'volume', 'leak', 'battery']),
  asset('fire-1', 'fire_water', 'a-fire', '消防水系统', 'Fire-water set', ['pressure', 'pressure_remote', 'tank_level', 'tank_level_low', 'fire_pump1_*', 'fire_pump2_*', 'jockey_pump_*', 'jockey_starts', 'selector', 'control_power', 'main_power', 'flow_switch', 'pressure_switch', 'valve_open'], fed('ats-1')),
  asset('ups-1', 'ups', 'a-it', '监控UPS', 'Monitoring UPS', ['state', 'input_voltage', 'output_voltage', 'load', 'battery', 'runtime', 'battery_low', 'overload', 'fault'], fed('cb-shops')),
  asset('room-1', 'climate', 'a-it', '机房温湿度', 'Room climate', ['temperature', 'humidity', 'co2', 'battery'], fed()),
  asset('io-1', 'io_module', 'a-it', '采集模块1', 'I/O module 1', ['di1', 'di2', 'di3', 'di4', 'di5', 'di6', 'di7', 'di8', 'do1', 'do2', 'do3', 'do4', 'ai1', 'ai2', 'count1']),
  asset('gw-1', 'gateway', 'a-it', '无线网关', 'Radio gateway', ['online', 'uptime', 'cpu', 'memory', 'disk', 'devices', 'errors', 'main_power', 'fault']),
  asset('leak-1203', 'leak_sensor', 'b-12', '1203厨房漏水', 'Flat 1203 kitchen leak', LEAK, flat('b-1203')),
  asset('leak-1204', 'leak_sensor', 'b-12', '1204卫生间漏水', 'Flat 1204 bathroom leak', LEAK, flat('b-1204')),
  asset('leak-1205', 'leak_sensor', 'b-12', '1205卫生间漏水', 'Flat 1205 bathroom leak', LEAK, flat('b-1205')),
  asset('flat-1203', 'unit', 'b-12', '1203室', 'Flat 1203', ['occupied', 'visit', 'open', 'leak', 'valve_open', 'flow', 'temperature', 'humidity', 'days_since_visit'], flat('b-1203')),
  asset('door-roof', 'contact', 'roof', '屋面门', 'Roof door', ['open', 'tamper', 'open_count', 'battery']),
  asset('rain-1', 'rain_gauge', 'roof', '雨量计', 'Rain gauge', ['rain', 'rain_rate', 'rain_total', 'battery']),
];

/** Adds sensors and pumps until the site has that many points: what a large site asks of a page. */
export function grow(points) {
  let n = assets.reduce((sum, a) => sum + a.points.length, 0);
  for (let i = 0; n < points; i++) {
    const area = `big-${Math.floor(i / 12)}`;
    if (i % 12 === 0) site.areas.push({ id: area, parent: 'b', name: text(`B座${20 + i / 12}层`, `Floor ${20 + i / 12}`) });
    const a = i % 3 === 0
      ? asset(`big-pump-${i}`, 'pump', area, `${i}号泵`, `Pump ${i}`, PUMP)
      : asset(`big-leak-${i}`, 'leak_sensor', area, `${i}号漏水`, `Leak ${i}`, LEAK);
    assets.push(a);
    n += a.points.length;
  }
}

const wave = (t, period, low, high, shift = 0) =>
  low + ((high - low) * (1 + Math.sin((2 * Math.PI * (t / 1000 + shift)) / period))) / 2;

// What does not move, by asset and point; then by point.
const FIXED = {
  'leak-1203.leak': 1, 'flat-1203.leak': 1, 'flat-1203.days_since_visit': 12, 'cb-shops.closed': 0, 'cb-shops.tripped': 1, 'cb-shops.current_l1': 0, 'cb-shops.current_l2': 0,
  'cb-shops.current_l3': 0, 'ups-1.state': 2, 'ups-1.input_voltage': 0, 'lift-a3.mode': 1, 'gen-1.running': 0, 'gen-1.power': 0,
  'gen-1.voltage_l1': 0, 'gen-1.frequency': 0, 'gen-1.speed': 0, 'gen-1.oil_pressure': 0, 'ats-1.voltage_emergency': 0,
  'ats-1.emergency_available': 0, 'tank-2.level_percent': 63, 'tank-2.volume': 37.8, 'valve-1.position': 100,   'rain-1.rain_rate': 4.2, 'rain-1.rain_total': 312.4, 'gw-1.devices': 41, 'pump-2.fault': 1, 'pump-2.fault_code': 14, 'pump-2.running': 0,
};
const CONSTANT = {
  closed: 1, position: 1, normal_available: 1, main_power: 1, control_power: 1, safety_circuit: 1, valve_open: 1, online: 1, rain: 1,
  rated_speed: 2.5, selector: 2, run_hours: 18_432, operations: 214, transfers: 6, jockey_starts: 912, runtime: 22, frequency: 50,
  pressure_setpoint: 0.45, people: 0, state: 1, occupied: 0, count1: 88_120, uptime: 812_345, open_count: 412,
};
// What moves in waves: period (s), low, high.
const WAVES = {
  car_speed: [40, -2, 2.5], car_load: [60, 0, 70], level: [1800, 1.2, 2.8], discharge_pressure: [120, 0.42, 0.47], suction_pressure: [90, 0.12, 0.16],
  motor_temperature: [3600, 38, 52], thd_voltage: [900, 2, 4], power_factor: [600, 0.88, 0.97], power_demand: [900, 96, 131], load: [700, 41, 63],
  core_temperature: [3000, 58, 66], fuel_level: [9000, 80, 84], coolant_temperature: [3000, 31, 34], battery_voltage: [900, 26.8, 27.3],
  tank_level: [1800, 2.1, 3.2], flow: [300, 8, 14], pressure: [200, 0.52, 0.56], pressure_remote: [200, 0.21, 0.23], temperature: [3600, 21, 26],
  humidity: [3000, 44, 58], co2: [1200, 480, 760], cpu: [60, 8, 31], memory: [600, 40, 44], disk: [9000, 61, 62], chlorine: [900, 0.4, 0.6],
  machine_room_temperature: [3600, 27, 31], ai1: [80, 3, 18], ai2: [130, 20, 90], output_voltage: [300, 229, 231], input_voltage: [300, 228, 233],
};

/** What a building draws: little at night, most in the evening, less at weekends. */
function loadOf(t) {
  const hour = ((t + 28_800_000) / 3_600_000) % 24;
  const day = Math.floor((t + 28_800_000) / 86_400_000);
  const evening = Math.exp(-((hour - 19) ** 2) / 8);
  const noon = Math.exp(-((hour - 12) ** 2) / 18);
  return (46 + 40 * noon + 58 * evening) * ((day + 3) % 7 > 4 ? 0.72 : 1) * (1 + 0.06 * Math.sin(day * 1.7));
}

/** What a point would read at a time, without its quality. */
function reading(a, p, t) {
  const seed = [...`${a.id}${p.name}`].reduce((s, c) => s + c.charCodeAt(0), 0);
  const fixed = FIXED[`${a.id}.${p.name}`];
  if (fixed !== undefined) return fixed;
  switch (p.name) {
    case 'car_floor': return Math.round(wave(t, 80, 1, 24, seed));
    case 'direction': return Math.floor(t / 20_000 + seed) % 3;
    case 'door_state': return Math.floor(t / 8000 + seed) % 4;
    case 'open': return a.id === 'door-roof' ? Math.floor(t / 4000) % 2 : 0; // so that something changes while one looks
    case 'mode': return a.kind === 'elevator' ? 0 : 2;
    case 'running': case 'pump1_running': case 'pump2_running': return Math.floor(t / 240_000 + seed) % 2;
    case 'battery': return 60 + (seed % 40);
    case 'linkquality': return 90 + (seed % 60);
    case 'starts': case 'run_count': case 'door_cycles': return 12_000 + Math.floor(t / 600_000) % 5000;
    case 'power': return loadOf(t) * (a.kind === 'power_meter' ? 1 : 0.1) * (0.8 + (seed % 40) / 100) + wave(t, 900, 0, 9, seed) + wave(t, 17, 0, 3);
  }
  if (p.name in CONSTANT && !(p.name === 'frequency' && a.kind === 'pump')) return CONSTANT[p.name];
  if (p.name === 'frequency') return wave(t, 120, 30, 50, seed);
  if (p.name in WAVES) return p.name === 'car_speed' ? Math.max(0, wave(t, 40, -2, 2.5, seed)) : wave(t, ...WAVES[p.name], seed);
  if (/^di\d/.test(p.name)) return (seed >> 1) % 2;
  if (p.name.startsWith('voltage_l') && p.name.length === 11) return wave(t, 300, 395, 405, seed);
  if (p.name.startsWith('voltage')) return wave(t, 300, 228, 234, seed);
  if (p.name.startsWith('current')) return wave(t, 900, 110, 190, seed);
  if (p.name.startsWith('power_l')) return wave(t, 900, 26, 48, seed);
  if (p.name.startsWith('winding')) return wave(t, 3000, 72, 88, seed);
  if (p.name.startsWith('energy')) return 123_456 + t / 3.6e6 / 10;
  return 0;
}

/** How a point is today: its quality and why, and how old its time is. */
function condition(a, p) {
  if (a.id === 'lift-a2') return ['lost', 'unit 7 does not answer: no reply in 1 s (probe 4)', 312_000];
  if (a.id === 'meter-lift' && p.name === 'thd_voltage') return ['bad', 'exception 02: illegal data address 0x00F8', 2000];
  if (a.id === 'tank-1' && p.name === 'level') return ['stale', 'nothing for 6 min, limit 2 min', 371_000];
  if (a.id === 'leak-1205') return ['unknown', '', 0];
  if (a.id === 'leak-1204' && p.name !== 'leak') return ['uncertain', 'retained by the broker', 5_400_000];
  return ['good', '', 0];
}

let tick = Date.now();

/** Moves on; gives which assets changed. */
export function step() {
  tick = Date.now();
  return new Set(assets.flatMap((a, i) => (a.id === 'lift-a2' ? [] : [i])));
}

const began = Date.now();

/** A battery sensor speaks every 20 s, the others each second; what is not good keeps its time. */
function timeOf(a, quality, age) {
  if (quality === 'unknown') return 0;
  if (quality !== 'good') return began - age;
  return a.kind === 'leak_sensor' ? Math.floor(tick / 20_000) * 20_000 : tick;
}

/** Rows of the live stream, of all assets or of the changed ones. */
export function valuesNow(changed) {
  return assets.flatMap((a, ai) =>
    changed && !changed.has(ai)
      ? []
      : a.points.map((p, pi) => {
          const [quality, reason, age] = condition(a, p);
          const number = quality === 'good' || quality === 'uncertain' ? reading(a, p, tick) : null;
          const row = [ai, pi, number, quality, timeOf(a, quality, age)];
          return reason === '' ? row : [...row, reason];
        }),
  );
}

/** History with a hole an hour wide each day, and ten bad minutes every hour for one point. */
export function historyOf(a, q) {
  const from = Number(q.get('from'));
  const to = Number(q.get('to'));
  const stepMs = q.get('step') ? parseFloat(q.get('step')) : 0;
  const every = stepMs || 1000;
  const agg = q.get('agg') ?? 'none';
  const series = q.get('points').split(',').map((name) => {
    const p = a.points.find((x) => x.name === name);
    const samples = [];
    if (p && condition(a, p)[0] !== 'unknown') {
      for (let t = Math.ceil(from / every) * every; t < to - 1000; t += every) {
        const minute = (t / 60_000) % 60;
        if (t % 86_400_000 < 3_600_000 || (minute > 20 && minute < 24)) continue;
        const bad = minute > 40 && minute < 45 && p.type === 'float';
        samples.push(bad ? [t, null, 'bad'] : [t, reading(a, p, t)]);
      }
    }
    // What a step is made of reaches a little below and above its mean.
    const edge = (share) => samples.map((s) => (s[1] === null ? null : s[1] * share));
    return { point: name, unit: p?.unit ?? '', samples, ...(agg === 'envelope' && { low: edge(0.97), high: edge(1.03) }) };
  });
  return { asset: a.id, from: new Date(from).toISOString(), to: new Date(to).toISOString(), step_ms: stepMs, agg, series };
}

const started = Date.now() - 93_784_000;
const iso = (ago) => new Date(Date.now() - ago).toISOString();

export function systemStatus() {
  const n = Math.floor((Date.now() - started) / 100);
  return {
    now: Date.now(),
    started: new Date(started).toISOString(),
    version: '0.1.0-mock',
    buses: [
      {
        id: 'pump-room', url: 'tcp://10.0.0.5:502', state: 'warning', error: 'unit 7 is quarantined', since: iso(312_000),
        line_time: 0.42, requests: n, errors: 31, timeouts: 12, strays: 2,
        units: [
          { unit: 1, assets: ['meter-main'], quarantined: false, line_time: 0.18, requests: n / 2, errors: 0 },
          {
            unit: 2, assets: ['meter-lift'], quarantined: false, line_time: 0.2, requests: n / 3, errors: 19,
            bad_points: [{ asset: 'meter-lift', point: 'thd_voltage', reason: 'exception 02: illegal data address 0x00F8' }],
          },
          {
            unit: 7, assets: ['lift-a2'], quarantined: true, next_probe: new Date(Date.now() + 43_000).toISOString(),
            line_time: 0.04, requests: 412, errors: 12, error: 'no reply in 1 s',
          },
        ],
      },
      {
        id: 'riser', url: 'rtu:///dev/ttyUSB0', state: 'up', since: iso(93_000_000), line_time: 0.87, requests: n, errors: 0,
        timeouts: 0, strays: 0, units: [{ unit: 7, assets: ['pump-1', 'pump-2'], quarantined: false, line_time: 0.87, requests: n, errors: 0 }],
      },
    ],
    brokers: [
      {
        id: 'main', url: 'tcp://10.0.0.2:1883', state: 'up', since: iso(93_000_000), received: n * 3, acked: n * 3, unknown: 14,
        undecodable: 3, rate: 12.4, queue: 0,
        samples: [
          { time: iso(61_000), topic: 'zigbee2mqtt/new-sensor', payload: '{"battery":100,"linkquality":87}', reason: 'no asset claims this topic' },
          { time: iso(412_000), topic: 'site/tank1/level', payload: 'read failed', reason: 'level: not a number' },
        ],
      },
    ],
    journal: {
      state: 'up', first: 1204, last: 1204 + n, bytes: 812_345_678, max_bytes: 2_147_483_648, max_age: 1_209_600e9, oldest: iso(93_000_000),
      free_disk: 21_474_836_480, reserve: 1_073_741_824, commits: n, corrupt: 1, dropped: { 'journal full': 240 },
      readers: [
        { name: 'history', cursor: 1204 + n, lag: 0, lag_age: 0 },
        { name: 'influxdb', cursor: 1204 + n - 5230, lag: 5230, lag_age: 412e9, error: 'http://127.0.0.1:8086: connection refused' },
      ],
    },
    sinks: [
      {
        name: 'influxdb', url: 'http://127.0.0.1:8086', state: 'down', error: 'connection refused', since: iso(412_000), stored: n - 5230,
        refused: 2, retries: 31,
        samples: [{ seq: 8812, line: 'tank,area=a,asset=tank-1,kind=tank,site=garden level=1.25,received=1i 1', reason: 'field type conflict' }],
      },
    ],
  };
}
