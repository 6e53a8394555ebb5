import type { JournalStatus, ReaderStatus, RulesStatus, SinkStatus, State, StateStatus, SystemStatus, Text } from '../../api/types';
import type { Rule } from '../../duty/ruletypes';
import { showOf } from '../rules/filter';
import { brokerAdvice, busAdvice, isBehind, journalAdvice, rulesAdvice, sinkAdvice, stateAdvice } from './advice';

/** How a part stands, and why when that is not well. */
export interface Health {
  readonly state: State;
  readonly error: string;
}

export const readerOf = (j: JournalStatus, name: string): ReaderStatus | undefined => (j.readers ?? []).find((r) => r.name === name);

/** Rules judge what is in the journal and save what comes of it: both have to go on. */
export function rulesHealth(r: RulesStatus, j: JournalStatus): Health {
  const reader = readerOf(j, 'rules');
  const error = reader?.error ?? '';
  if (r.failures > 0 || error !== '') return { state: 'down', error };
  if (r.stepped === 0 && j.last > 0) return { state: 'starting', error: '' };
  return { state: r.set_back || isBehind(reader) ? 'warning' : 'up', error: '' };
}

/** The disk of alarms and tickets: it takes what is saved, and was looked through lately. */
export function stateHealth(k: StateStatus): Health {
  if (k.last_error !== undefined && k.last_error !== '') return { state: 'down', error: k.last_error };
  const error = k.error ?? '';
  return { state: error !== '' || (k.aside ?? '') !== '' ? 'warning' : 'up', error };
}

/** Entries that nobody has judged yet, and those judged whose effect is not on disk yet. */
export function rulesWaiting(r: RulesStatus, j: JournalStatus): { toJudge: number; toSave: number } {
  return { toJudge: Math.max(0, j.last - r.stepped), toSave: Math.max(0, r.stepped - r.saved) };
}

export interface RuleCounts {
  readonly rules: number;
  readonly packs: number;
  readonly active: number;
  readonly inactive: number;
  readonly needs: number; // lack a signal that no profile has
  readonly watching: number; // pairs of rule and asset
  readonly notWatching: number;
}

const sum = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);

export function ruleCounts(rules: readonly Rule[]): RuleCounts {
  const so = (show: ReturnType<typeof showOf>) => rules.filter((r) => showOf(r) === show).length;
  return {
    rules: rules.length,
    packs: new Set(rules.map((r) => r.pack)).size,
    active: so('active'),
    inactive: so('inactive'),
    needs: so('needs'),
    watching: sum(rules.map((r) => r.assets.length)),
    notWatching: sum(rules.map((r) => (r.inactive ?? []).length)),
  };
}

/** One reason for which rules do not watch assets of their kind. */
export interface WhyNot {
  readonly why: Text;
  readonly pairs: number;
  readonly rules: readonly string[];
}

/** The reasons, what keeps most back first. */
export function whyNot(rules: readonly Rule[]): WhyNot[] {
  const by = new Map<string, { why: Text; pairs: number; rules: Set<string> }>();
  for (const r of rules) {
    for (const { why } of r.inactive ?? []) {
      const x = by.get(why.en) ?? { why, pairs: 0, rules: new Set<string>() };
      x.pairs++;
      x.rules.add(r.id);
      by.set(why.en, x);
    }
  }
  return [...by.values()]
    .map((x) => ({ ...x, rules: [...x.rules].sort() }))
    .sort((a, b) => b.pairs - a.pairs || a.why.en.localeCompare(b.why.en));
}

/** One part of the page: how it stands, and whether something asks to be looked at although it works. */
export interface Entry {
  readonly id: string; // of its place on the page
  readonly kind: 'bus' | 'broker' | 'journal' | 'sink' | 'rules' | 'state' | 'books';
  readonly name: string; // of a bus, a broker or a sink
  readonly state: State;
  readonly hints: number;
}

const sinkEntry = (s: SinkStatus): Entry => ({ id: `sink-${s.name}`, kind: 'sink', name: s.name, state: s.state, hints: sinkAdvice(s).length });

/** Every part of the system; unbalanced: the journal's books do not add up. */
export function entries(y: SystemStatus, unbalanced: boolean): Entry[] {
  return [
    ...(y.buses ?? []).map((b): Entry => ({ id: `bus-${b.id}`, kind: 'bus', name: b.id, state: b.state, hints: busAdvice(b).length })),
    ...(y.brokers ?? []).map((b): Entry => ({ id: `broker-${b.id}`, kind: 'broker', name: b.id, state: b.state, hints: brokerAdvice(b).length })),
    { id: 'journal', kind: 'journal', name: '', state: y.journal.state, hints: journalAdvice(y.journal).length },
    ...(y.sinks ?? []).map(sinkEntry),
    ...(y.rules ? [{ id: 'rules', kind: 'rules', name: '', state: rulesHealth(y.rules, y.journal).state, hints: rulesAdvice(y.rules, readerOf(y.journal, 'rules')).length } as const] : []),
    ...(y.state ? [{ id: 'state', kind: 'state', name: '', state: stateHealth(y.state).state, hints: stateAdvice(y.state, y).length } as const] : []),
    ...(unbalanced ? [{ id: 'books', kind: 'books', name: '', state: 'warning', hints: 1 } as const] : []),
  ];
}

const WORST: readonly State[] = ['down', 'warning', 'starting'];

/** What is not up, worst first, then what works and yet asks to be looked at. */
export function wrong(all: readonly Entry[]): Entry[] {
  return [...WORST.flatMap((state) => all.filter((e) => e.state === state)), ...all.filter((e) => e.state === 'up' && e.hints > 0)];
}
