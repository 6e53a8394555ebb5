import type { Point, Quality } from '../api/types';

// What a good value says is trouble. Until rules exist (they will bring alarms
// of their own) only what means trouble on its own face counts: a wet leak
// sensor, a fault, an entrapment. Limits are the rules' business.

const TROUBLE = new Set([
  'leak', 'fault', 'alarm', 'trapped', 'trip', 'tripped', 'overload', 'overflow', 'tamper', 'warning', 'jammed',
  'emergency', 'ebike', 'smoke',
]);
const TROUBLE_NAMES = new Set([
  'alarm_button', 'battery_low', 'replace_battery', 'dry_run', 'water_shortage', 'start_failed', 'emergency_stop',
  'fire_mode', 'fireman', 'level_low', 'level_low_low', 'level_high', 'level_high_high', 'tank_level_low',
  'tank_level_high',
]);
const GOOD_WHEN_TRUE = new Set([
  'online', 'safety_circuit', 'main_power', 'control_power', 'normal_available', 'emergency_available',
]);
const TROUBLE_LABELS = new Set(['fault', 'jammed', 'emergency', 'emergency_power', 'on_battery', 'earthquake', 'fire_return', 'fireman']);
const CODES = new Set(['fault_code', 'alarm_code', 'warning_code']);

/** The last word of a canonical name: car_overload → overload. */
function lastWord(name: string): string {
  return name.slice(name.lastIndexOf('_') + 1);
}

/** Whether a point's true means trouble; any other bool is plain state. */
function troubleWhenTrue(name: string): boolean {
  return TROUBLE.has(name) || TROUBLE_NAMES.has(name) || TROUBLE.has(lastWord(name));
}

export interface Judged {
  readonly number: number | null;
  readonly quality: Quality;
}

/** Whether a value that can be trusted says trouble. */
export function isAbnormal(point: Point, v: Judged): boolean {
  if (v.number === null || (v.quality !== 'good' && v.quality !== 'uncertain')) return false;
  switch (point.type) {
    case 'bool':
      if (GOOD_WHEN_TRUE.has(point.name)) return v.number === 0;
      return v.number !== 0 && troubleWhenTrue(point.name);
    case 'enum': {
      const label = point.labels?.find((l) => l.code === v.number);
      return label !== undefined && TROUBLE_LABELS.has(label.name);
    }
    case 'int':
      return v.number !== 0 && CODES.has(point.name);
    case 'float':
      return false;
  }
}
