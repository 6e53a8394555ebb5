/** One thing that a person did. */
export interface AuditRow {
  readonly no: number; // from 1, without a gap
  readonly by: string;
  readonly do: string;
  readonly about: string;
  readonly text?: string;
  readonly at: string;
  readonly hash: string;
}

const MOST = 5;

/** Numbers that are missing between rows, newest first: somebody took rows out. */
export function missingRows(rows: readonly AuditRow[]): string[] {
  const out: string[] = [];
  rows.forEach((r, i) => {
    const next = rows[i + 1];
    if (!next || next.no === r.no - 1) return;
    out.push(next.no === r.no - 2 ? String(r.no - 1) : `${next.no + 1}–${r.no - 1}`);
  });
  return out.slice(0, MOST);
}
