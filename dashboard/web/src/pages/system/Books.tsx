import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/client';
import { formatNumber, formatTime } from '../../points/format';
import { type Column, DataTable } from '../../ui/DataTable';
import { StateMark } from '../../ui/Marks';
import { type Words, named, useText } from '../../ui/useText';
import { Count } from './Part';
import { type Balance, type BookHour, balances, oddHours } from './books';

const AGAIN_MS = 30_000;

/** What became of every entry of the last day, hour by hour. */
export function useBooks() {
  return useQuery({
    queryKey: ['books'],
    queryFn: async ({ signal }) => (await call<{ hours: BookHour[] | null }>('/journal/books', {}, signal)).hours ?? [],
    refetchInterval: AGAIN_MS,
  });
}

function Dropped({ dropped }: { dropped: readonly (readonly [string, number])[] }) {
  const { t, language } = useText();
  if (dropped.length === 0) return <Count n={0} />;
  return <>{dropped.map(([why, n]) => `${formatNumber(n, 0, language)} ${named(t, 'dropped', why)}`).join(', ')}</>;
}

const sums = ({ t }: Words): Column<Balance>[] => [
  { key: 'reader', title: t('reader.name'), width: 140, cell: (b) => named(t, 'readers', b.reader) },
  { key: 'produced', title: t('books.produced'), number: true, cell: (b) => <Count n={b.produced} /> },
  { key: 'stored', title: t('books.stored'), number: true, cell: (b) => <Count n={b.stored} /> },
  { key: 'waiting', title: t('books.waiting'), number: true, cell: (b) => <Count n={b.waiting} /> },
  { key: 'dropped', title: t('books.dropped'), number: true, wide: true, cell: (b) => <Dropped dropped={b.dropped} /> },
  {
    key: 'balanced',
    title: t('books.account'),
    width: 220,
    wide: true,
    cell: (b) => <StateMark state={b.balanced ? 'up' : 'down'} word={b.balanced ? t('books.balanced') : t('books.wrong')} />,
  },
];

const odd = ({ t }: Words, zone: string): Column<BookHour>[] => [
  { key: 'hour', title: t('books.hour', { zone }), width: 190, cell: (h) => formatTime(Date.parse(h.hour), zone).slice(0, 16) },
  { key: 'reader', title: t('reader.name'), cell: (h) => named(t, 'readers', h.reader) },
  { key: 'produced', title: t('books.produced'), number: true, cell: (h) => <Count n={h.produced} /> },
  { key: 'stored', title: t('books.stored'), number: true, cell: (h) => <Count n={h.stored} /> },
  { key: 'waiting', title: t('books.waiting'), number: true, cell: (h) => <Count n={h.waiting} /> },
  { key: 'dropped', title: t('books.dropped'), number: true, wide: true, cell: (h) => <Dropped dropped={Object.entries(h.dropped ?? {}).filter(([, n]) => n > 0)} /> },
];

/** produced = stored + waiting + dropped, for each reader of the journal over a day. */
export function Books({ zone }: { zone: string }) {
  const words = useText();
  const { t } = words;
  const { data, error } = useBooks();
  if (!data) return <p className={error ? 'part-error' : 'muted'}>{error ? t('books.error', { message: error.message }) : t('loading')}</p>;
  const rows = balances(data);
  const odds = oddHours(data);
  return (
    <section className="panel part" id="part-books">
      <p className="muted">{t('books.what')}</p>
      {rows.length === 0 ? <p className="muted">{t('books.none')}</p> : <DataTable caption={t('books.title')} columns={sums(words)} rows={rows} id={(b) => b.reader} />}
      {odds.length > 0 && (
        <details className="samples">
          <summary>{t('books.odd', { n: odds.length })}</summary>
          <DataTable caption={t('books.odd', { n: odds.length })} columns={odd(words, zone)} rows={odds} id={(h) => `${h.hour}|${h.reader}`} />
        </details>
      )}
    </section>
  );
}
