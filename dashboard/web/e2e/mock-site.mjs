// The site that the stand-in pretends to watch.

const text = (zh, en) => ({ zh, en });
const label = (code, name, zh, en) => ({ code, name, text: text(zh, en) });
const point = (name, zh, en, rest = {}) => ({
  name, title: text(zh, en), type: 'float', fresh: 10e9, decimals: 1, ...rest,
});
const bool = (name, zh, en, fresh = 60e9) => point(name, zh, en, { type: 'bool', decimals: 0, fresh });
const int = (name, zh, en, rest = {}) => point(name, zh, en, { type: 'int', decimals: 0, ...rest });

const DIRECTION = [label(0, 'stopped', '停止', 'Stopped'), label(1, 'up', '上行', 'Up'), label(2, 'down', '下行', 'Down')];
const DOOR = [
  label(0, 'closed', '关闭', 'Closed'), label(1, 'opening', '正在开门', 'Opening'), label(2, 'open', '打开', 'Open'),
  label(3, 'closing', '正在关门', 'Closing'), label(4, 'fault', '故障', 'Fault'),
];
const lift = [
  point('car_speed', '轿厢速度', 'Car speed', { unit: 'm/s', decimals: 2 }),
  int('car_floor', '当前楼层', 'Floor', { unit: 'floor' }),
  point('car_load', '轿厢载荷', 'Car load', { unit: '%', decimals: 0 }),
  point('direction', '运行方向', 'Direction', { type: 'enum', labels: DIRECTION, decimals: 0 }),
  point('door_state', '门状态', 'Door', { type: 'enum', labels: DOOR, decimals: 0 }),
  bool('fault', '故障', 'Fault'),
  int('fault_code', '故障代码', 'Fault code'),
  bool('trapped', '困人', 'Trapped'),
  int('run_count', '运行次数', 'Runs', { counter: true }),
];
const meter = [
  ...[1, 2, 3].map((i) => point(`voltage_l${i}`, `L${i}相电压`, `Voltage L${i}`, { unit: 'V' })),
  ...[1, 2, 3].map((i) => point(`current_l${i}`, `L${i}相电流`, `Current L${i}`, { unit: 'A' })),
  point('power', '有功功率', 'Active power', { unit: 'kW', decimals: 2 }),
  point('power_factor', '功率因数', 'Power factor', { decimals: 3 }),
  point('frequency', '频率', 'Frequency', { unit: 'Hz', decimals: 2 }),
  point('energy', '累计电量', 'Energy', { unit: 'kWh', counter: true }),
  point('thd', '电压总谐波畸变率', 'Total harmonic distortion', { unit: '%', decimals: 2 }),
];
const pump = [
  bool('running', '运行', 'Running'),
  point('discharge_pressure', '出口压力', 'Discharge pressure', { unit: 'MPa', decimals: 3 }),
  point('frequency', '频率', 'Frequency', { unit: 'Hz' }),
  point('motor_temperature', '电机温度', 'Motor temperature', { unit: 'degC' }),
  bool('fault', '故障', 'Fault'),
  int('starts', '启动次数', 'Starts', { counter: true }),
];
const leak = [
  bool('leak', '漏水', 'Leak', 25 * 3600e9),
  point('battery', '电池电量', 'Battery', { unit: '%', decimals: 0, fresh: 25 * 3600e9 }),
  int('linkquality', '链路质量', 'Link quality', { fresh: 25 * 3600e9 }),
];
const tank = [
  point('level', '液位', 'Level', { unit: 'm', decimals: 2, fresh: 120e9 }),
  bool('level_high', '高液位', 'Level high'),
  bool('level_low', '低液位', 'Level low'),
];

const asset = (id, kind, area, zh, en, points, rest = {}) => ({
  id, name: text(zh, en), kind, area, source: `modbus pump-room unit ${id.length}`, points, ...rest,
});

export const site = {
  id: 'garden',
  name: text('示范花园', 'Demo Garden'),
  timezone: 'Asia/Shanghai',
  language: 'zh',
  version: '1',
  areas: [
    { id: 'a', name: text('A座', 'Tower A') },
    { id: 'a-pumps', parent: 'a', name: text('生活水泵房', 'Pump room') },
    { id: 'a-power', parent: 'a', name: text('低压配电室', 'Low-voltage switch room') },
    { id: 'b', name: text('B座', 'Tower B') },
    { id: 'b-12', parent: 'b', name: text('十二层', 'Floor 12') },
  ],
};

export const assets = [
  asset('lift-a1', 'elevator', 'a', 'A座1号梯', 'Lift A1', lift),
  asset('lift-a2', 'elevator', 'a', 'A座2号梯', 'Lift A2', lift),
  asset('pump-1', 'pump', 'a-pumps', '生活泵1号', 'Domestic pump 1', pump, { fed_by: ['meter-main'] }),
  asset('pump-2', 'pump', 'a-pumps', '生活泵2号', 'Domestic pump 2', pump, { fed_by: ['meter-main'] }),
  asset('tank-1', 'tank', 'a-pumps', '屋顶水箱', 'Roof tank', tank),
  asset('meter-main', 'power_meter', 'a-power', '总进线电表', 'Main incomer meter', meter),
  asset('meter-lift', 'power_meter', 'a-power', '电梯回路电表', 'Lift circuit meter', meter),
  asset('leak-1203', 'leak_sensor', 'b-12', '1203厨房漏水', 'Flat 1203 kitchen leak', leak, { unit: 'B-1203' }),
  asset('leak-1204', 'leak_sensor', 'b-12', '1204卫生间漏水', 'Flat 1204 bathroom leak', leak, { unit: 'B-1204' }),
  asset('leak-1205', 'leak_sensor', 'b-12', '1205卫生间漏水', 'Flat 1205 bathroom leak', leak, { unit: 'B-1205' }),
];

const wave = (t, period, low, high, shift = 0) =>
  low + ((high - low) * (1 + Math.sin((2 * Math.PI * (t / 1000 + shift)) / period))) / 2;

/** What a point would read at a time, without its quality. */
function reading(a, p, t) {
  const seed = [...`${a.id}${p.name}`].reduce((s, c) => s + c.charCodeAt(0), 0);
  switch (p.name) {
    case 'car_speed': return Math.max(0, wave(t, 40, -2, 2.5, seed));
    case 'car_floor': return Math.round(wave(t, 80, 1, 24, seed));
    case 'car_load': return wave(t, 60, 0, 70, seed);
    case 'direction': return Math.floor(t / 20_000 + seed) % 3;
    case 'door_state': return Math.floor(t / 8000 + seed) % 4;
    case 'running': return Math.floor(t / 240_000 + seed) % 2;
    case 'leak': return a.id === 'leak-1203' ? 1 : 0;
    case 'battery': return 60 + (seed % 40);
    case 'linkquality': return 90 + (seed % 60);
    case 'energy': return 123_456 + t / 3.6e6 / 10;
    case 'starts': case 'run_count': return 12_000 + Math.floor(t / 600_000) % 5000;
    case 'power_factor': return wave(t, 600, 0.88, 0.97, seed);
    case 'frequency': return p.decimals === 2 ? wave(t, 90, 49.97, 50.03, seed) : wave(t, 120, 30, 50, seed);
    case 'level': return wave(t, 1800, 1.2, 2.8, seed);
    case 'discharge_pressure': return wave(t, 120, 0.42, 0.47, seed);
    case 'motor_temperature': return wave(t, 3600, 38, 52, seed);
    case 'thd': return wave(t, 900, 2, 4, seed);
    case 'power': return wave(t, 900, 80, 140, seed) + wave(t, 17, 0, 6);
    default:
      if (p.name.startsWith('voltage')) return wave(t, 300, 228, 234, seed);
      if (p.name.startsWith('current')) return wave(t, 900, 110, 190, seed);
      return 0;
  }
}

/** How a point is today: its quality and why, and how old its time is. */
function condition(a, p) {
  if (a.id === 'lift-a2') return ['lost', 'unit 7 does not answer: no reply in 1 s (probe 4)', 312_000];
  if (a.id === 'meter-lift' && p.name === 'thd') return ['bad', 'exception 02: illegal data address 0x00F8', 2000];
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
    return { point: name, unit: p?.unit ?? '', samples };
  });
  return { asset: a.id, from: new Date(from).toISOString(), to: new Date(to).toISOString(), step_ms: stepMs, agg: q.get('agg') ?? 'none', series };
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
            bad_points: [{ asset: 'meter-lift', point: 'thd', reason: 'exception 02: illegal data address 0x00F8' }],
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
