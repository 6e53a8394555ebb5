import type { ReactNode } from 'react';
import './table.css';

export interface Column<T> {
  readonly key: string;
  readonly title: string;
  readonly width?: number; // px; what has none shares the rest
  readonly number?: boolean; // right-aligned
  readonly wide?: boolean; // takes a whole line on a phone
  readonly cell: (row: T) => ReactNode;
}

interface Props<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly id: (row: T) => string;
}

/** A plain table that becomes a list of labelled lines on a phone. */
export function DataTable<T>({ caption, columns, rows, id }: Props<T>) {
  return (
    <table className="table">
      <caption className="sr">{caption}</caption>
      <thead>
        <tr>
          {columns.map((c) => (
            <th
              key={c.key}
              scope="col"
              style={c.width === undefined ? undefined : { width: c.width }}
              className={c.number === true ? 'num' : undefined}
            >
              {c.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((r) => (
          <tr key={id(r)}>
            {columns.map((c) => (
              <td
                key={c.key}
                data-label={c.title}
                className={[c.number === true ? 'num' : '', c.wide === true ? 'wide' : ''].join(' ').trim()}
              >
                {c.cell(r)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
