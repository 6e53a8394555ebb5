import type { JournalStatus, ReaderStatus } from '../../api/types';
import { formatBytes, formatDuration } from '../../points/format';
import { type Column, DataTable } from '../../ui/DataTable';
import { StateMark } from '../../ui/Marks';
import { Meter } from '../../ui/Meter';
import { named, useText } from '../../ui/useText';
import { AdviceList } from './AdviceList';
import { Count, Facts, Part } from './Part';
import { isBehind, journalAdvice } from './advice';

const ns = (n: number) => n / 1e6;

/** The journal: how full, how old, who reads it and how far behind, what had to go. */
export function Journal({ journal: j, now }: { journal: JournalStatus; now: number }) {
  const { t, language, time } = useText();
  const oldest = j.oldest === undefined ? NaN : Date.parse(j.oldest);
  const dropped = Object.entries(j.dropped ?? {}).filter(([, n]) => n > 0);
  const columns: Column<ReaderStatus>[] = [
    { key: 'name', title: t('reader.name'), width: 160, cell: (r) => named(t, 'readers', r.name) },
    { key: 'cursor', title: t('reader.cursor'), width: 130, number: true, cell: (r) => <Count n={r.cursor} /> },
    { key: 'lag', title: t('reader.lag'), width: 110, number: true, cell: (r) => <Count n={r.lag} /> },
    {
      key: 'age',
      title: t('reader.lagAge'),
      width: 130,
      number: true,
      cell: (r) => (r.lag === 0 ? t('value.none') : isBehind(r) ? <StateMark state="warning" word={formatDuration(ns(r.lag_age), time)} /> : formatDuration(ns(r.lag_age), time)),
    },
    {
      key: 'error',
      title: t('reader.error'),
      wide: true,
      cell: (r) => (r.error ? <span className="part-error">{r.error}</span> : null),
    },
  ];
  return (
    <Part anchor="journal" title={t('journal.title')} state={j.state} error={j.error} now={now}>
      <Facts
        facts={[
          {
            name: t('journal.size'),
            value: (
              <>
                {t('journal.of', { bytes: formatBytes(j.bytes, language), max: formatBytes(j.max_bytes, language) })}{' '}
                {j.max_bytes > 0 && <Meter share={j.bytes / j.max_bytes} label={t('journal.size')} />}
              </>
            ),
          },
          {
            name: t('journal.age'),
            value: t('journal.ageOf', {
              age: oldest > 0 ? formatDuration(now - oldest, time) : t('value.none'),
              max: formatDuration(ns(j.max_age), time),
            }),
          },
          { name: t('journal.entries'), value: <Count n={j.last === 0 ? 0 : j.last - j.first + 1} /> },
          { name: t('journal.last'), value: <Count n={j.last} /> },
          { name: t('journal.commits'), value: <Count n={j.commits} /> },
          {
            name: t('journal.freeDisk'),
            value: t('journal.free', { free: formatBytes(j.free_disk, language), reserve: formatBytes(j.reserve, language) }),
            bad: j.free_disk < j.reserve,
          },
          { name: t('journal.corrupt'), value: <Count n={j.corrupt} />, bad: j.corrupt > 0 },
          ...dropped.map(([reason, n]) => ({
            name: t('journal.dropped', { reason: named(t, 'dropped', reason) }),
            value: <Count n={n} />,
            bad: true,
          })),
        ]}
      />
      <AdviceList advice={journalAdvice(j)} />
      <DataTable caption={t('journal.readers')} columns={columns} rows={j.readers ?? []} id={(r) => r.name} />
    </Part>
  );
}
