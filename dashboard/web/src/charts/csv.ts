// Comma-separated values that a spreadsheet opens as what they are.

const BOM = '﻿'; // without it Excel takes the bytes for its own code page

/** A cell: quoted where it must be, and never taken for a formula. */
export function cell(x: string | number | null): string {
  if (x === null) return '';
  if (typeof x === 'number') return Number.isFinite(x) ? String(x) : '';
  const safe = /^[=+\-@\t\r]/.test(x) ? `'${x}` : x;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A file's text: a line a row, ended as RFC 4180 has it. */
export function csvOf(rows: readonly (readonly (string | number | null)[])[]): string {
  return `${BOM}${rows.map((r) => r.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** A name that every file system takes. */
export function fileName(parts: readonly string[], ending: string): string {
  const name = parts
    .map((p) => p.replace(/[^\p{L}\p{N}_-]+/gu, '-').replace(/^-+|-+$/g, ''))
    .filter((p) => p !== '')
    .join('_');
  return `${name.slice(0, 120) || 'steward'}.${ending}`;
}

/** Hands a file to the person. */
export function save(blob: Blob, name: string): void {
  const a = document.createElement('a');
  a.href = URL.createObjectURL(blob);
  a.download = name;
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
}

export function saveCSV(rows: readonly (readonly (string | number | null)[])[], name: string): void {
  save(new Blob([csvOf(rows)], { type: 'text/csv;charset=utf-8' }), name);
}
