import type { Rule } from '../../duty/ruletypes';

export const SHOWS = ['all', 'active', 'inactive', 'needs'] as const;
export type RuleShow = (typeof SHOWS)[number];

export interface RuleFilter {
  readonly text: string;
  readonly kind: string;
  readonly show: RuleShow;
  readonly rule: string; // the one that is looked into
}

export function readRuleFilter(q: URLSearchParams): RuleFilter {
  return {
    text: q.get('q') ?? '',
    kind: q.get('kind') ?? '',
    show: SHOWS.find((s) => s === q.get('show')) ?? 'all',
    rule: q.get('rule') ?? '',
  };
}

export function writeRuleFilter(f: RuleFilter): URLSearchParams {
  const q = new URLSearchParams();
  if (f.text !== '') q.set('q', f.text);
  if (f.kind !== '') q.set('kind', f.kind);
  if (f.show !== 'all') q.set('show', f.show);
  if (f.rule !== '') q.set('rule', f.rule);
  return q;
}

/** Whether a rule watches anything, cannot on any asset, or lacks a signal that no profile has. */
export function showOf(r: Rule): Exclude<RuleShow, 'all'> {
  if (r.needs !== undefined) return 'needs';
  return r.assets.length > 0 ? 'active' : 'inactive';
}

/** How many assets of the rule's kind it watches, of how many; bad when one of them goes without a P1 rule. */
export function watchOf(r: Rule): { readonly n: number; readonly all: number; readonly bad: boolean } {
  const watched = new Set(r.assets);
  const all = new Set([...r.assets, ...(r.inactive ?? []).map((i) => i.asset)]).size;
  return { n: watched.size, all, bad: r.priority === 'P1' && watched.size > 0 && watched.size < all };
}

export function ruleMatches(r: Rule, f: RuleFilter): boolean {
  if (f.show !== 'all' && showOf(r) !== f.show) return false;
  if (f.kind !== '' && r.kind !== f.kind) return false;
  const hay = [r.id, r.fault, r.title.zh, r.title.en, r.condition, r.trade ?? ''].join(' ').toLowerCase();
  return f.text.toLowerCase().split(/\s+/).filter(Boolean).every((w) => hay.includes(w));
}
