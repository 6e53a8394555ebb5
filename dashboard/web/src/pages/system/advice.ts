import type { BrokerStatus, BusStatus, JournalStatus, ReaderStatus, RulesStatus, SinkStatus, StateStatus, SystemStatus, UnitStatus } from '../../api/types';

/** What to do about something that is wrong; the words are in the translations. */
export type Advice =
  | 'busDown' | 'serialDown' | 'quarantine' | 'lineFull' | 'busErrors' | 'badPoints' | 'strays'
  | 'brokerDown' | 'unknownTopics' | 'undecodable' | 'queue'
  | 'journalDown' | 'journalFull' | 'disk' | 'corrupt' | 'dropped' | 'behind'
  | 'sinkDown' | 'sinkRefuses' | 'refusedLines' | 'historyDown' | 'historyRefused'
  | 'rulesStuck' | 'clockBack' | 'rulesBehind' | 'rulesUnreadable'
  | 'stateDown' | 'stateCheck' | 'stateAside' | 'stateBackup' | 'stateUnreadable';

const FULL = 0.8; // of a line or of the journal's bytes
const ENOUGH = 100; // requests before a share of errors says anything
const MANY = 0.02; // of the requests
const BEHIND_NS = 60e9;
const LONG_QUEUE = 1000;
const BACKUP_MS = 2 * 86_400_000; // it is made once a day

/** Whether so many of so many requests failed that somebody should look. */
export function tooMany(failed: number, requests: number): boolean {
  return requests >= ENOUGH && failed / requests >= MANY;
}

/** Whether a reader of the journal is so far behind that somebody should know. */
export function isBehind(r: ReaderStatus | undefined): boolean {
  return r !== undefined && r.lag > 0 && r.lag_age >= BEHIND_NS;
}

/** Whether something is the matter with a unit of a bus. */
export function isIll(u: UnitStatus): boolean {
  return u.quarantined || (u.error ?? '') !== '' || (u.bad_points ?? []).length > 0 || tooMany(u.errors, u.requests);
}

export function busAdvice(b: BusStatus): Advice[] {
  const out: Advice[] = [];
  const units = b.units ?? [];
  if (b.state === 'down') out.push(/^tcp|:\/\/[^/]*:\d+/.test(b.url) ? 'busDown' : 'serialDown');
  else if (units.some((u) => u.quarantined)) out.push('quarantine');
  if (b.line_time >= FULL) out.push('lineFull');
  if (b.state !== 'down' && tooMany(b.errors + b.timeouts, b.requests)) out.push('busErrors');
  if (units.some((u) => (u.bad_points ?? []).length > 0)) out.push('badPoints');
  if (tooMany(b.strays, b.requests)) out.push('strays');
  return out;
}

export function brokerAdvice(b: BrokerStatus): Advice[] {
  const out: Advice[] = [];
  if (b.state === 'down') out.push('brokerDown');
  if (b.unknown > 0) out.push('unknownTopics');
  if (b.undecodable > 0) out.push('undecodable');
  if (b.queue >= LONG_QUEUE) out.push('queue');
  return out;
}

export function journalAdvice(j: JournalStatus): Advice[] {
  const out: Advice[] = [];
  if (j.state === 'down') out.push('journalDown');
  if (j.max_bytes > 0 && j.bytes / j.max_bytes >= FULL) out.push('journalFull');
  if (j.free_disk < j.reserve) out.push('disk');
  if ((j.readers ?? []).some(isBehind)) out.push('behind');
  if (j.corrupt > 0) out.push('corrupt');
  if (Object.values(j.dropped ?? {}).some((n) => n > 0)) out.push('dropped');
  return out;
}

/** The gateway's own history is a folder, not a server. */
export const isOwn = (s: Pick<SinkStatus, 'url'>): boolean => s.url === 'embedded';

export function sinkAdvice(s: SinkStatus): Advice[] {
  const out: Advice[] = [];
  const refused = /\b(40[134]|unauthori[sz]ed|forbidden|not found)\b/i.test(s.error ?? '');
  if (s.state === 'down') out.push(isOwn(s) ? 'historyDown' : refused ? 'sinkRefuses' : 'sinkDown');
  if (s.refused > 0) out.push(isOwn(s) ? 'historyRefused' : 'refusedLines');
  return out;
}

export function rulesAdvice(r: RulesStatus, reader: ReaderStatus | undefined): Advice[] {
  const out: Advice[] = [];
  const stuck = r.failures > 0 || (reader?.error ?? '') !== '';
  if (stuck) out.push('rulesStuck');
  else if (isBehind(reader)) out.push('rulesBehind');
  if (r.set_back) out.push('clockBack');
  if (r.unreadable > 0) out.push('rulesUnreadable');
  return out;
}

/** Whether the copy that a damaged file would be restored from is missing or old. */
export function isBackupOld(k: StateStatus, y: Pick<SystemStatus, 'now' | 'started'>): boolean {
  const last = k.backup === undefined ? NaN : Date.parse(k.backup);
  return y.now - (last > 0 ? last : Date.parse(y.started)) > BACKUP_MS;
}

export function stateAdvice(k: StateStatus, y: Pick<SystemStatus, 'now' | 'started'>): Advice[] {
  const out: Advice[] = [];
  if ((k.last_error ?? '') !== '') out.push('stateDown');
  if ((k.error ?? '') !== '') out.push('stateCheck');
  else if (isBackupOld(k, y)) out.push('stateBackup');
  if ((k.aside ?? '') !== '') out.push('stateAside');
  if ((k.unreadable ?? 0) > 0) out.push('stateUnreadable');
  return out;
}
