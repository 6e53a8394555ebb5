import type { BrokerStatus, BusStatus, JournalStatus, SinkStatus } from '../../api/types';

/** What to do about something that is wrong; the words are in the translations. */
export type Advice =
  | 'busDown' | 'serialDown' | 'quarantine' | 'lineFull' | 'busErrors' | 'badPoints' | 'strays'
  | 'brokerDown' | 'unknownTopics' | 'undecodable' | 'queue'
  | 'journalDown' | 'journalFull' | 'disk' | 'corrupt' | 'dropped' | 'behind'
  | 'sinkDown' | 'sinkRefuses' | 'refusedLines';

const FULL = 0.8; // of a line or of the journal's bytes
const ENOUGH = 100; // requests before a share of errors says anything
const MANY = 0.02; // of the requests
const BEHIND_NS = 60e9;
const LONG_QUEUE = 1000;

/** Whether so many of so many requests failed that somebody should look. */
export function tooMany(failed: number, requests: number): boolean {
  return requests >= ENOUGH && failed / requests >= MANY;
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
  if ((j.readers ?? []).some((r) => r.lag > 0 && r.lag_age >= BEHIND_NS)) out.push('behind');
  if (j.corrupt > 0) out.push('corrupt');
  if (Object.values(j.dropped ?? {}).some((n) => n > 0)) out.push('dropped');
  return out;
}

export function sinkAdvice(s: SinkStatus): Advice[] {
  const out: Advice[] = [];
  if (s.state === 'down') out.push(/\b(40[134]|unauthori[sz]ed|forbidden|not found)\b/i.test(s.error ?? '') ? 'sinkRefuses' : 'sinkDown');
  if (s.refused > 0) out.push('refusedLines');
  return out;
}
