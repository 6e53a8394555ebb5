// The wire types of rules, figures and facts, as gateway/duty writes them.
import type { Text } from '../api/types';
import type { AlarmState, Class, Input, Priority } from './types';

export interface Rule {
  id: string;
  fault: string;
  kind: string;
  pack: string;
  title: Text;
  why: Text;
  first_action: Text;
  source?: string;
  condition: string;
  priority: Priority;
  latch?: boolean;
  class: Class;
  trade?: string;
  on_delay: number; // ns
  off_delay: number; // ns
  needs?: Text; // a signal that no profile has yet
  assets: string[];
  inactive?: { asset: string; why: Text }[] | null;
}

export interface Explanation extends Rule {
  asset: string;
  watching: boolean;
  truth: 'true' | 'false' | 'unknown';
  verdict: Text;
  state: AlarmState;
  alarm?: string;
  since?: string;
  due?: string;
  present: Input[];
  numbers?: Record<string, number> | null;
}

export interface Target {
  acceptable: number;
  manageable?: number;
  at_least?: boolean;
  strict?: boolean;
  source?: string;
}
export type Grade = 'acceptable' | 'manageable' | 'beyond';

export interface Figure {
  name: string;
  title: Text;
  unit?: string;
  value: number | null;
  count: number;
  of?: number;
  target?: Target;
  grade?: Grade;
  kind: 'alarm' | 'ticket';
  ids: string[];
  total: number;
}

export interface Share {
  rule: string;
  asset?: string;
  count: number;
  share: number; // %
  ids: string[];
  total: number;
}

export interface KPI {
  site: string;
  from: string;
  to: string;
  alarms: Figure[];
  service: Figure[];
  top: Share[] | null;
  rules: Share[] | null;
}

export interface Fact {
  name: string;
  asset?: string;
  unit?: string;
  number: number;
  at?: string; // absent: as the site file says, since ever
  until?: string;
  by?: string;
}
export type FactSet = Pick<Fact, 'name' | 'asset' | 'unit' | 'number' | 'until'> & {
  drop?: true; // take it back, whatever the number
};
