// The wire types of alarms, tickets, rules and figures, as gateway/duty writes
// them. What Go leaves out when it is empty is optional here; times are RFC
// 3339, lengths of time nanoseconds.
import type { Quality, Text } from '../api/types';

export const PRIORITIES = ['P1', 'P2', 'P3', 'P4'] as const;
export type Priority = (typeof PRIORITIES)[number];

export const ALARM_STATES = [
  'unacknowledged', 'acknowledged', 'returned', 'latched', 'shelved', 'suppressed', 'out_of_service', 'normal',
] as const;
export type AlarmState = (typeof ALARM_STATES)[number];

export type AlarmEvent =
  | 'raise' | 'clear' | 'acknowledge' | 'reset' | 'realarm' | 'shelve' | 'unshelve' | 'suppress' | 'unsuppress'
  | 'remove' | 'restore' | 'mark';
export type Mark = 'chattering' | 'stale' | 'flood';
export type Class = 'none' | 'emergency' | 'simple' | 'complex' | 'planned';

/** The asset of alarms that are of no one piece of equipment. */
export const SITE_ASSET = '_site';

export interface Input {
  name: string;
  asset?: string;
  point?: string; // absent: a signal made of some
  number: number | null;
  quality: Quality;
  reason?: string; // as the reading has it
  say?: Text; // for people
  time?: string;
}

export interface Alarm {
  id: string;
  asset: string;
  rule: string;
  fault: string;
  title: Text;
  priority: Priority;
  class: Class;
  trade?: string;
  latch?: boolean;
  state: AlarmState;
  active: boolean;
  raised: string;
  cleared?: string;
  acked?: string;
  changed: string;
  until?: string;
  reason?: string; // as a person wrote it
  say?: Text; // when it is the gateway that gives it
  by?: string;
  cause?: string; // id of the alarm it is folded into
  ticket?: string; // that it is out of service for
  activations: number;
  marks?: Mark[] | null;
  inputs?: Input[] | null;
}

export interface Transition {
  seq: number;
  at: string;
  event: AlarmEvent;
  from: AlarmState;
  to: AlarmState;
  by?: string;
  why?: string; // as a person wrote it
  say?: Text;
  alarm: Alarm;
}

export interface AlarmDetail {
  alarm: Alarm;
  transitions: Transition[];
}

export const TICKET_STATES = [
  'open', 'reopened', 'accepted', 'assigned', 'in_progress', 'waiting', 'done', 'proving', 'closed', 'cancelled',
] as const;
export type TicketState = (typeof TICKET_STATES)[number];
export const TICKET_CLASSES = ['emergency', 'simple', 'complex', 'planned'] as const;
export type TicketClass = (typeof TICKET_CLASSES)[number];
export const WAITS = ['parts', 'access', 'contractor'] as const;
export type WaitReason = (typeof WAITS)[number];
export type PromiseName = 'respond' | 'entrapment' | 'repair' | 'plan' | 'due';

export interface ServiceClock {
  promise: PromiseName;
  limit: number; // ns
  started: string;
  due: string;
  paused?: string;
  pauses: number; // ns
  met?: string;
  warned?: string;
  breached?: string;
}

export interface Ticket {
  id: string;
  asset?: string;
  fault?: string;
  unit?: string;
  area?: string;
  title: Text;
  detail?: string; // as a person wrote it
  say?: Text; // what the gateway tells of it
  origin: 'alarm' | 'person' | 'plan' | 'rain';
  by?: string;
  class: Class;
  priority: Priority;
  trade?: string;
  state: TicketState;
  opened: string;
  changed: string;
  accepted?: string;
  assignee?: string;
  started?: string;
  waits?: WaitReason;
  planned?: string;
  plan_for?: string;
  done?: string;
  proof_until?: string;
  closed?: string;
  reopened: number;
  recurrence?: string;
  alarms?: string[] | null;
  clocks?: ServiceClock[] | null;
}

export interface Attachment {
  id: string;
  name: string;
  type: string;
  size: number;
}

export type What =
  | 'opened' | 'state' | 'alarm' | 'assigned' | 'note' | 'attached' | 'planned' | 'classified' | 'warned' | 'breached'
  | 'proof' | 'recurrence' | 'trend';

export interface TicketEvent {
  ticket: string;
  no: number;
  at: string;
  what: What;
  from?: TicketState;
  to?: TicketState;
  by?: string;
  text?: string;
  say?: Text;
  alarm?: string;
  attach?: Attachment;
  clock?: PromiseName;
}

export interface TicketDetail {
  ticket: Ticket;
  timeline: TicketEvent[];
}

/** What changed, in a live event or in an action's answer. */
export interface DutyChanges {
  reload?: boolean;
  alarms: Alarm[];
  tickets: Ticket[];
}

export type AlarmVerb = 'acknowledge' | 'reset' | 'shelve' | 'unshelve' | 'remove' | 'restore';
export interface AlarmAction {
  do: AlarmVerb;
  note?: string;
  reason?: string;
  until?: string;
  ticket?: string;
}

export type TicketVerb =
  | 'accept' | 'assign' | 'start' | 'wait' | 'resume' | 'plan' | 'classify' | 'done' | 'close' | 'reopen' | 'cancel'
  | 'note';
export interface TicketAction {
  do: TicketVerb;
  note?: string;
  reason?: string;
  to?: string;
  until?: string;
  waits?: WaitReason;
  class?: TicketClass;
}

export interface Report {
  asset?: string;
  unit?: string;
  area?: string;
  title: string;
  detail?: string;
  class: TicketClass;
  priority: Priority;
  trade?: string;
}
