import { useInfiniteQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { Link } from 'react-router';
import { call } from '../../api/client';
import { formatTime } from '../../points/format';
import { type Column, DataTable } from '../../ui/DataTable';
import { named, useText } from '../../ui/useText';
import { Count } from './Part';
import { type AuditRow, missingRows } from './chain';

const PAGE = 12;
const SHOWN = 12; // letters of a hash

function About({ about }: { about: string }) {
  if (/^A\d+$/.test(about)) return <Link to={`/alarms?alarm=${about}`}>{about}</Link>;
  if (/^T\d+$/.test(about)) return <Link to={`/tickets/${about}`}>{about}</Link>;
  return <>{about}</>;
}

/** What people did, the newest first; each row's hash covers the row before. */
export function AuditLog({ zone }: { zone: string }) {
  const { t } = useText();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['audit'],
    queryFn: async ({ signal, pageParam }) => {
      const q = new URLSearchParams({ limit: String(PAGE), ...(pageParam > 0 ? { after: String(pageParam) } : {}) });
      return (await call<{ rows: AuditRow[] | null }>(`/audit?${q}`, {}, signal)).rows ?? [];
    },
    initialPageParam: 0,
    getNextPageParam: (last) => (last.length < PAGE ? undefined : last.at(-1)?.no),
  });
  if (!data) return <p className={error ? 'part-error' : 'muted'}>{error ? t('audit.error', { message: error.message }) : t('loading')}</p>;
  const rows = data.pages.flat();
  const missing = missingRows(rows);
  const columns: Column<AuditRow>[] = [
    { key: 'no', title: t('audit.no'), width: 70, number: true, cell: (r) => <Count n={r.no} /> },
    { key: 'at', title: t('sample.time'), width: 170, cell: (r) => formatTime(Date.parse(r.at), zone) },
    { key: 'by', title: t('audit.by'), width: 130, cell: (r) => r.by },
    { key: 'do', title: t('audit.do'), width: 150, cell: (r) => named(t, 'auditDo', r.do) },
    { key: 'about', title: t('audit.about'), width: 150, cell: (r) => <About about={r.about} /> },
    { key: 'text', title: t('audit.text'), wide: true, cell: (r) => r.text ?? '' },
    { key: 'hash', title: t('audit.hash'), width: 130, wide: true, cell: (r) => <code title={r.hash}>{r.hash.slice(0, SHOWN)}</code> },
  ];
  return (
    <section className="panel part" id="part-audit">
      <p className="muted">{t('audit.what')}</p>
      {missing.length > 0 && <p className="part-error">{t('audit.missing', { rows: missing.join(', ') })}</p>}
      {rows.length === 0 ? <p className="muted">{t('audit.none')}</p> : <DataTable caption={t('audit.title')} columns={columns} rows={rows} id={(r) => String(r.no)} />}
      {hasNextPage && (
        <Button className="audit-more" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t('audit.more')}
        </Button>
      )}
    </section>
  );
}
