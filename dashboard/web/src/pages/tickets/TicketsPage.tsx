import { Alert, Button, Segmented } from 'antd';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { VirtualRows } from '../../duty/VirtualRows';
import { areaTree, flatten } from '../../live/areas';
import { useDescription, useLive } from '../../live/hooks';
import { type Names, useNames } from '../../duty/names';
import { ticketsByUrgency } from '../../duty/order';
import { useOpenTickets, useTicketPages } from '../../duty/queries';
import type { Ticket } from '../../duty/types';
import { useMedia } from '../../duty/useMedia';
import { useAddressState } from '../../ui/useAddressState';
import { useText } from '../../ui/useText';
import { TicketCard, TicketRow } from './TicketCard';
import { TicketFilters } from './TicketFilters';
import { COLUMNS, NO_FILTER, type TicketFilter, narrowedBy, readTicketFilter, ticketMatches, ticketQuery, writeTicketFilter } from './filter';
import '../../duty/lists.css';
import './tickets.css';

const NONE: readonly Ticket[] = [];
const WIDE = '(min-width: 1101px)';
const ROW = 46; // px
const CARD = 158;

function Rows({ label, tickets, names }: { label: string; tickets: readonly Ticket[]; names: Names }) {
  const wide = useMedia(WIDE);
  return (
    <VirtualRows label={label} items={tickets} id={(x) => x.id} height={wide ? ROW : CARD}>
      {(x) => (wide ? <TicketRow ticket={x} names={names} /> : <TicketCard ticket={x} names={names} />)}
    </VirtualRows>
  );
}

function Board({ tickets, names }: { tickets: readonly Ticket[]; names: Names }) {
  const { t } = useText();
  return (
    <div className="board">
      {COLUMNS.map((c) => {
        const own = tickets.filter((x) => c.states.includes(x.state));
        return (
          <section key={c.key} className="board-column" aria-label={t(`board.${c.key}`)}>
            <h2>
              {t(`board.${c.key}`)} <span className="muted">{own.length}</span>
            </h2>
            {own.map((x) => (
              <div key={x.id} className="panel board-card">
                <TicketCard ticket={x} names={names} />
              </div>
            ))}
          </section>
        );
      })}
    </div>
  );
}

function useAreasOver(names: Names): (t: Ticket) => readonly string[] {
  const description = useDescription();
  return useMemo(() => {
    const paths = new Map(flatten(areaTree(description?.site.areas ?? [])).map((n) => [n.area.id, n.path.map((a) => a.id)]));
    return (x) => (x.area !== undefined && x.area !== '' ? (paths.get(x.area) ?? []) : names.over(x.asset ?? ''));
  }, [description, names]);
}

function Open({ filter, names }: { filter: TicketFilter; names: Names }) {
  const { t } = useText();
  const { clock } = useLive();
  const wide = useMedia(WIDE);
  const over = useAreasOver(names);
  const { data, error, dataUpdatedAt } = useOpenTickets();
  const shown = useMemo(
    () => (dataUpdatedAt < 0 ? [] : (data ?? NONE).filter((x) => ticketMatches(x, filter, over, clock.now())).sort(ticketsByUrgency)),
    [data, dataUpdatedAt, filter, over, clock],
  );
  if (!data) return error ? <Alert type="error" showIcon title={t('tickets.error', { message: error.message })} /> : <p className="muted">{t('loading')}</p>;
  return (
    <>
      {error && <Alert type="error" showIcon title={t('tickets.old', { message: error.message })} />}
      {shown.length === 0 ? (
        <p className="panel dlist-empty">{narrowedBy(filter) > 0 ? t('tickets.noMatch') : t('tickets.none')}</p>
      ) : wide && filter.view === 'board' ? (
        <Board tickets={shown} names={names} />
      ) : (
        <section className="panel dlist">
          <Rows label={t('tickets.title')} tickets={shown} names={names} />
        </section>
      )}
    </>
  );
}

function History({ filter, names }: { filter: TicketFilter; names: Names }) {
  const { t } = useText();
  const pages = useTicketPages(String(ticketQuery(filter)), true);
  const all = useMemo(() => pages.data?.pages.flat() ?? NONE, [pages.data]);
  if (!pages.data) {
    return pages.error ? <Alert type="error" showIcon title={t('tickets.error', { message: pages.error.message })} /> : <p className="muted">{t('loading')}</p>;
  }
  return (
    <section className="panel dlist">
      {all.length === 0 ? <p className="dlist-empty">{t('tickets.noMatch')}</p> : <Rows label={t('tickets.title')} tickets={all} names={names} />}
      {pages.hasNextPage && (
        <Button block size="large" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {t('alarms.older')}
        </Button>
      )}
    </section>
  );
}

/** Every job: who has it, how long is left of what was promised. */
export default function TicketsPage() {
  const { t } = useText();
  const names = useNames();
  const wide = useMedia(WIDE);
  const [filter, set] = useAddressState(readTicketFilter, writeTicketFilter);
  const behind = filter.id.length > 0;
  const open = filter.tab === 'open' && !behind;
  return (
    <div className="duty-page">
      <header className="duty-title">
        <h1>{t('tickets.title')}</h1>
        <Segmented<TicketFilter['tab']>
          aria-label={t('tickets.which')}
          value={open ? 'open' : 'history'}
          options={[
            { value: 'open', label: t('tickets.openTab') },
            { value: 'history', label: t('tickets.historyTab') },
          ]}
          onChange={(tab) => set({ tab, ...(behind ? NO_FILTER : {}) })}
        />
        {wide && open && (
          <Segmented<TicketFilter['view']>
            aria-label={t('tickets.view')}
            value={filter.view}
            options={[
              { value: 'board', label: t('tickets.board') },
              { value: 'list', label: t('tickets.list') },
            ]}
            onChange={(view) => set({ view })}
          />
        )}
        <Link className="ant-btn-like end" to="/tickets/new" data-testid="new-ticket">
          {t('tickets.new')}
        </Link>
      </header>
      <TicketFilters filter={filter} names={names} onChange={set} />
      {behind && (
        <Alert type="info" title={t('dutyFilter.behind', { n: filter.id.length })} action={<Button onClick={() => set(NO_FILTER)}>{t('dutyFilter.clear')}</Button>} />
      )}
      {open ? <Open filter={filter} names={names} /> : <History filter={filter} names={names} />}
    </div>
  );
}
