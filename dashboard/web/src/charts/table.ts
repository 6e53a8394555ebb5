import type { Sample } from '../api/types';
import { qualityOf } from './series';
import { isoIn } from './zone';

/** One line of a chart as a table has it. */
export interface TableLine {
  readonly title: string; // with its unit
  readonly samples: readonly Sample[];
  readonly low: readonly Sample[];
  readonly high: readonly Sample[];
}

export interface TableWords {
  readonly time: string;
  readonly value: string;
  readonly least: string;
  readonly most: string;
  readonly quality: string;
}

type Row = (string | number | null)[];

/**
 * The samples within [from, to] as rows: a time of the zone, then for each
 * line its value, its least and most where a step is made of many, and its
 * quality. A line without a sample at a time has empty cells there.
 */
export function tableOf(lines: readonly TableLine[], from: number, to: number, zone: string, words: TableWords): Row[] {
  const times = new Set<number>();
  const columns = lines.map((l) => {
    const at = new Map<number, Sample>();
    for (const s of l.samples) {
      if (s[0] < from || s[0] > to) continue;
      at.set(s[0], s);
      times.add(s[0]);
    }
    const edge = (of: readonly Sample[]) => (of.length > 0 ? new Map(of.map((s) => [s[0], s[1]])) : null);
    return { at, low: edge(l.low), high: edge(l.high) };
  });
  const head: Row = [`${words.time} (${zone})`];
  lines.forEach((l, i) => {
    head.push(`${l.title} ${words.value}`);
    if (columns[i]?.low) head.push(`${l.title} ${words.least}`, `${l.title} ${words.most}`);
    head.push(`${l.title} ${words.quality}`);
  });
  const rows: Row[] = [head];
  for (const t of [...times].sort((a, b) => a - b)) {
    const row: Row = [isoIn(t, zone)];
    for (const c of columns) {
      const s = c.at.get(t);
      row.push(s ? s[1] : null);
      if (c.low) row.push(c.low.get(t) ?? null, c.high?.get(t) ?? null);
      row.push(s ? qualityOf(s) : '');
    }
    rows.push(row);
  }
  return rows;
}
