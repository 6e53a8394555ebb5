import type { Asset, Point } from '../api/types';

// Which of a kind's points people want to see where. Names are those of the
// catalogue; what an asset does not have is passed over.

interface Wanted {
  /** On a card of the overview and beside a mimic's symbol, most telling first. */
  readonly card: readonly string[];
  /** Beside the faceplate's drawing; what the drawing itself says is not repeated. */
  readonly face: readonly string[];
}

const BATTERY = ['battery', 'battery_low', 'battery_voltage', 'linkquality', 'rssi', 'snr'];
const PHASES = (what: string) => [`${what}_l1`, `${what}_l2`, `${what}_l3`];

const KINDS: Readonly<Record<string, Wanted>> = {
  elevator: {
    card: ['car_floor', 'direction', 'door_state', 'mode', 'car_load', 'fault_code'],
    face: ['car_speed', 'car_position', 'fault_code', 'last_fault_code', 'safety_circuit', 'main_power', 'machine_room_temperature', 'run_hours', 'run_count', 'door_cycles'],
  },
  power_meter: {
    card: ['power', 'current', 'voltage_ll', 'voltage', 'power_factor', 'energy_import', 'voltage_l1', 'current_l1', 'energy_total'],
    face: ['frequency', 'reactive_power', 'apparent_power', 'power_demand_max', 'neutral_current', 'residual_current', 'thd_voltage', 'thd_current', 'energy_import', 'energy_export', 'energy_total', 'temperature'],
  },
  transformer: {
    card: ['winding_temperature_a', 'winding_temperature_b', 'winding_temperature_c', 'oil_temperature', 'load', 'fan_running'],
    face: ['core_temperature', 'oil_temperature', 'ambient_temperature', 'temperature_alarm', 'temperature_trip', 'fan_fault', 'sensor_fault', 'door_open', 'fault_code'],
  },
  breaker: {
    card: ['closed', 'tripped', 'current_l1', 'current_l2', 'current_l3', 'temperature'],
    face: ['tripped', 'residual_current', 'temperature', 'spring_charged', 'remote', 'operations', 'fault', 'fault_code'],
  },
  ats: {
    card: ['position', 'normal_available', 'emergency_available', 'mode', 'voltage_normal', 'voltage_emergency'],
    face: ['mode', 'transfers', 'fault', 'fault_code'],
  },
  generator: {
    card: ['running', 'mode', 'fuel_level', 'battery_voltage', 'power', 'fault_code'],
    face: ['speed', 'frequency', 'voltage_l1', 'current_l1', 'power_factor', 'oil_pressure', 'battery_voltage', 'run_hours', 'starts', 'energy_export', 'start_failed', 'emergency_stop', 'fault_code'],
  },
  pump: {
    card: ['running', 'discharge_pressure', 'frequency', 'speed', 'flow', 'power', 'fault_code', 'run_hours'],
    face: ['flow', 'head', 'differential_pressure', 'current', 'power', 'motor_temperature', 'bearing_temperature', 'liquid_temperature', 'vibration', 'setpoint', 'starts', 'run_hours', 'energy', 'warning', 'fault_code'],
  },
  booster: {
    card: ['discharge_pressure', 'pumps_running', 'pressure_setpoint', 'suction_pressure', 'tank_level', 'flow', 'fault_code'],
    face: ['pressure_setpoint', 'flow', 'frequency', 'power', 'pumps_running', 'pumps_available', 'dry_run', 'starts', 'run_hours', 'energy', 'volume', 'warning', 'fault_code'],
  },
  tank: {
    card: ['level', 'level_percent', 'volume', 'level_high', 'level_low', 'overflow'],
    face: ['volume', 'pressure', 'temperature', 'chlorine', 'turbidity', 'ph', 'distance', 'fault_code', ...BATTERY],
  },
  leak_sensor: {
    card: ['leak', 'battery', 'temperature', 'tamper', 'probe_fault'],
    face: ['tamper', 'probe_fault', 'temperature', 'device_temperature', 'humidity', 'leak_count', 'muted', 'external_power', 'fault', ...BATTERY],
  },
  valve: {
    card: ['state', 'position', 'flow', 'pressure', 'leak', 'battery'],
    face: ['position_setpoint', 'leak', 'water_shortage', 'temperature', 'volume', 'volume_day', 'volume_month', 'volume_reverse', 'fault_code', ...BATTERY],
  },
  fire_water: {
    card: ['pressure', 'pressure_remote', 'tank_level', 'selector', 'fire_pump1_running', 'jockey_pump_running'],
    face: ['main_power', 'control_power', 'flow_switch', 'pressure_switch', 'alarm_valve', 'valve_open', 'flow', 'tank_temperature', 'jockey_starts', 'diesel_running', 'diesel_battery_voltage', 'fuel_level'],
  },
  climate: {
    card: ['temperature', 'humidity', 'co2', 'co', 'pm25', 'battery'],
    face: ['dew_point', 'pressure', 'co2', 'co', 'pm25', 'illuminance', 'noise', 'fault', ...BATTERY],
  },
  contact: {
    card: ['open', 'open_duration', 'tamper', 'battery', 'temperature'],
    face: ['tamper', 'open_duration', 'open_count', 'temperature', 'device_temperature', 'power_outage_count', 'fault', ...BATTERY],
  },
  rain_gauge: {
    card: ['rain', 'rain_rate', 'rain_total', 'battery', 'temperature'],
    face: ['rain_signal', 'illuminance', 'cleaning_reminder', 'temperature', 'fault', ...BATTERY],
  },
  ups: {
    card: ['state', 'load', 'battery', 'runtime', 'input_voltage', 'output_voltage'],
    face: ['input_frequency', 'output_frequency', 'output_current', 'output_power', 'battery_voltage', 'battery_temperature', 'temperature', 'battery_low', 'replace_battery', 'overload', 'energy', 'fault_code'],
  },
  io_module: { card: ['ai1', 'ai2', 'di1', 'di2', 'do1', 'count1'], face: ['count1', 'count2', 'count3', 'count4', 'count5', 'count6'] },
  gateway: {
    card: ['online', 'devices', 'errors', 'main_power', 'cpu', 'rssi'],
    face: ['devices', 'errors', 'restarts', 'uptime', 'temperature', 'rssi', 'battery', 'main_power', 'fault_code'],
  },
  unit: {
    card: ['leak', 'occupied', 'open', 'valve_open', 'flow', 'temperature', 'days_since_visit'],
    face: ['occupied', 'visit', 'presence', 'days_since_visit', 'flow', 'volume', 'inlet_pressure', 'power', 'energy', 'gas_volume', 'temperature', 'humidity'],
  },
};

/** The kinds that have a table. */
export const KNOWN_KINDS = Object.keys(KINDS);

/** Every name the tables use for a kind. */
export function namesOf(kind: string): string[] {
  const w = KINDS[kind];
  return w ? [...w.card, ...w.face] : [];
}

// Nameplate data and the wireless link: nobody's first question.
const LAST = new Set(['rated_speed', 'linkquality', 'rssi', 'snr', 'bus_errors', 'uptime', ...PHASES('phase_angle')]);

/**
 * The points for a card: those the kind's table names, filled up to the limit
 * with the asset's others where it names few; in a stable order.
 */
export function cardPoints(asset: Asset, limit: number): Point[] {
  const wanted = pick(asset, KINDS[asset.kind]?.card ?? []).slice(0, limit);
  if (wanted.length >= Math.min(3, limit)) return wanted;
  const rest = asset.points.filter((p) => !wanted.includes(p));
  const early = [...rest.filter((p) => !LAST.has(p.name)), ...rest.filter((p) => LAST.has(p.name))];
  return [...wanted, ...early].slice(0, limit);
}

/** The points in rows beside a faceplate's drawing. */
export function facePoints(asset: Asset): Point[] {
  const w = KINDS[asset.kind];
  return w ? pick(asset, w.face) : asset.points.slice(0, 12);
}

function pick(asset: Asset, names: readonly string[]): Point[] {
  return names.flatMap((n) => asset.points.filter((p) => p.name === n));
}
