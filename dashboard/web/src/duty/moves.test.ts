import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALARM_MOVES, TICKET_MOVES, alarmSteps, canAttach, ticketSteps } from './moves';
import { ALARM_STATES, TICKET_STATES } from './types';

const root = join(import.meta.dirname, '../../../..');
const snake = (camel: string) => camel.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase();

/** The gateway's table of tickets: which verb can be done in which state. */
function ticketTable(): Map<string, Set<string>> {
  const source = readFileSync(join(root, 'rules/ticket/moves.go'), 'utf8');
  const states = (text: string) => [...text.matchAll(/duty\.Ticket([A-Z]\w+)/g)].map((m) => snake(m[1] ?? '')).filter((s) => s !== 'state');
  const sets = new Map([...source.matchAll(/^\t(working|finished)\s+= \[\]duty\.TicketState\{([^}]*)\}/gm)].map((m) => [m[1] ?? '', states(m[2] ?? '')]));
  sets.set('alive', [...(sets.get('working') ?? []), ...(sets.get('finished') ?? [])]);
  const out = new Map<string, Set<string>>();
  for (const [, verb = '', list = ''] of source.matchAll(/^\t\{duty\.Do(\w+), (\[\]duty\.TicketState\{[^}]*\}|\w+),/gm)) {
    const from = sets.get(list) ?? states(list);
    out.set(snake(verb), new Set([...(out.get(snake(verb)) ?? []), ...from]));
  }
  return out;
}

/** The gateway's table of alarms, of what people do. */
function alarmTable(): Map<string, Set<string>> {
  const source = readFileSync(join(root, 'rules/alarm/life.go'), 'utf8');
  const out = new Map<string, Set<string>>();
  for (const [, from = '', event = ''] of source.matchAll(/^\t\{duty\.(\w+), duty\.Event(\w+),/gm)) {
    out.set(snake(event), new Set([...(out.get(snake(event)) ?? []), snake(from)]));
  }
  return out;
}

describe('the buttons', () => {
  it('are those of the gateway’s table of tickets', () => {
    const table = ticketTable();
    expect(table.size).toBe(13);
    for (const [verb, from] of Object.entries(TICKET_MOVES)) expect([...from].sort(), verb).toEqual([...(table.get(verb) ?? [])].sort());
    for (const s of TICKET_STATES) expect(canAttach(s), s).toBe(table.get('attach')?.has(s));
  });
  it('are those of the gateway’s table of alarms', () => {
    const table = alarmTable();
    const own = { ...ALARM_MOVES, unshelve: [...ALARM_MOVES.unshelve, 'out_of_service'] }; // a shelf underneath ends by itself
    for (const [verb, from] of Object.entries(own)) expect([...from].sort(), verb).toEqual([...(table.get(verb) ?? [])].sort());
  });
  it('have at most one that is usual, and none when all is over', () => {
    for (const state of TICKET_STATES) expect(ticketSteps({ state, class: 'complex' }).filter((s) => s.primary).length, state).toBeLessThan(2);
    expect(ticketSteps({ state: 'closed', class: 'simple' })).toEqual([]);
    expect(ticketSteps({ state: 'open', class: 'simple' })[0]).toEqual({ do: 'accept', primary: true });
    expect(ticketSteps({ state: 'open', class: 'simple' }).map((s) => s.do)).not.toContain('plan');
    expect(ticketSteps({ state: 'open', class: 'emergency' }).map((s) => s.do)).not.toContain('classify');
    expect(ticketSteps({ state: 'open', class: 'complex' }).map((s) => s.do)).toContain('plan');
  });
  it('of a P1 alarm say that it cannot be shelved', () => {
    const of = (priority: 'P1' | 'P2') => alarmSteps({ state: 'unacknowledged', priority, active: true }).find((s) => s.do === 'shelve')?.refused;
    expect([of('P1'), of('P2')]).toEqual(['p1', undefined]);
    for (const state of ALARM_STATES) expect(alarmSteps({ state, priority: 'P1', active: true }).length > 0, state).toBe(state !== 'normal');
  });
});
