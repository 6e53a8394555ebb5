// The wire types of the gateway's HTTP contract. Go writes an empty list as
// null in places, so lists that may be empty are nullable here.

export type Language = 'zh' | 'en';
export interface Text {
  zh: string;
  en: string;
}

export type Quality = 'unknown' | 'good' | 'uncertain' | 'stale' | 'bad' | 'lost';
export type PointType = 'float' | 'int' | 'bool' | 'enum';

export interface Label {
  code: number;
  name: string;
  text: Text;
  alarm?: boolean; // a state that is trouble on its own face
}

export interface Point {
  name: string;
  title: Text;
  unit?: string;
  type: PointType;
  labels?: Label[] | null;
  min?: number | null;
  max?: number | null;
  counter?: boolean;
  rollover?: number;
  alarm?: boolean; // a state people act on
  normal?: boolean; // the state of an alarm bool in which all is well
  routine?: boolean; // it comes and goes all day: no news
  vital?: boolean; // losing it matters: so it does for every alarm point
  max_step?: number; // the largest plausible change in a second
  fresh: number; // ns; 0 means never stale
  decimals: number;
}

export interface Area {
  id: string;
  parent?: string;
  name: Text;
}

/** A flat. */
export interface Unit {
  id: string;
  area: string;
  name: Text;
}

export interface Asset {
  id: string;
  name: Text;
  kind: string;
  area: string;
  unit?: string;
  fed_by?: string[] | null;
  source: string;
  points: Point[];
}

export interface Site {
  id: string;
  name: Text;
  timezone: string;
  language: Language;
  areas: Area[];
  units?: Unit[] | null;
  version?: string;
}

export interface Session {
  user: string;
}

export type Agg = 'none' | 'min' | 'max' | 'mean' | 'last' | 'envelope';
/** Milliseconds, number or null, and the quality when it is not good. */
export type Sample = [number, number | null, Quality?];
export interface Series {
  point: string;
  unit?: string;
  samples: Sample[] | null;
  low?: (number | null)[]; // the least and the greatest of each, where agg is envelope
  high?: (number | null)[];
}
export interface History {
  asset: string;
  from: string;
  to: string;
  step_ms: number;
  agg: Agg;
  series: Series[] | null;
}

export type State = 'up' | 'starting' | 'warning' | 'down';

export interface BadPoint {
  asset: string;
  point: string;
  reason: string;
}
export interface UnitStatus {
  unit: number;
  assets: string[] | null;
  quarantined: boolean;
  next_probe?: string;
  line_time: number;
  requests: number;
  errors: number;
  error?: string;
  bad_points?: BadPoint[] | null;
}
export interface BusStatus {
  id: string;
  url: string;
  state: State;
  error?: string;
  since: string;
  line_time: number;
  requests: number;
  errors: number;
  timeouts: number;
  strays: number;
  units: UnitStatus[] | null;
}
export interface MessageSample {
  time: string;
  topic: string;
  payload: string;
  reason: string;
}
export interface BrokerStatus {
  id: string;
  url: string;
  state: State;
  error?: string;
  since: string;
  received: number;
  acked: number;
  unknown: number;
  undecodable: number;
  rate: number;
  queue: number;
  samples?: MessageSample[] | null;
}
export interface ReaderStatus {
  name: string;
  cursor: number;
  lag: number;
  lag_age: number; // ns
  error?: string;
}
export interface JournalStatus {
  state: State;
  error?: string;
  first: number;
  last: number;
  bytes: number;
  max_bytes: number;
  max_age: number; // ns
  oldest?: string;
  free_disk: number;
  reserve: number;
  commits: number;
  corrupt: number;
  dropped?: Record<string, number> | null;
  readers: ReaderStatus[] | null;
}
export interface RefusedLine {
  seq: number;
  line: string;
  reason: string;
}
export interface SinkStatus {
  name: string;
  url: string;
  state: State;
  error?: string;
  since: string;
  stored: number;
  refused: number;
  retries: number;
  samples?: RefusedLine[] | null;
}
/** How the rules stand; what is counted without more words is so since the start. */
export interface RulesStatus {
  stepped: number; // the last entry that was judged
  saved: number; // the last one whose effect is on disk
  failures: number; // of the disk of alarms and tickets, until it takes something
  set_back: boolean;
  rewound: number;
  reloads: number;
  unreadable: number;
  readings: number; // this and what follows since the state began
  evaluations: number;
  backfilled: number;
  unknown_assets: number;
}
/** The disk of alarms and tickets. */
export interface StateStatus {
  path: string;
  aside?: string; // the damaged file that was set aside at the start
  aside_at?: string;
  backup?: string;
  error?: string; // of the last check or backup, until one succeeds
  commits: number; // since the start
  refused: number; // commits that failed, since the start
  unreadable?: number; // rows left out of answers, since the start
  last_error?: string; // of a commit, until one succeeds
  error_since?: string;
  committed?: string; // when it last took something
  keep?: number; // ns; 0: for ever
  bytes?: number; // of the file and its log
  photo_bytes?: number;
  rows?: Readonly<Record<string, number>>; // by table, counted every ten minutes
}
export interface SystemStatus {
  buses: BusStatus[] | null;
  brokers: BrokerStatus[] | null;
  journal: JournalStatus;
  sinks: SinkStatus[] | null;
  rules?: RulesStatus; // of a gateway that has rules
  state?: StateStatus;
  words?: Record<string, Text>; // the reasons above as people read them, by what is written there
  started: string;
  version: string;
  now: number;
}
