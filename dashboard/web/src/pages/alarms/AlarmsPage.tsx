import { Alert, Button, Segmented } from 'antd';
import { useCallback, useMemo, useState } from 'react';
import { useNavigate } from 'react-router';
import { VirtualRows } from '../../duty/VirtualRows';
import { type Names, useNames } from '../../duty/names';
import { alarmOpen, byUrgency, floodOf, foldedInto, isAside } from '../../duty/order';
import { useAlarmAction, useAlarmPages, useOpenAlarms } from '../../duty/queries';
import type { Alarm } from '../../duty/types';
import { PHONE, useMedia } from '../../duty/useMedia';
import { useAddressState } from '../../ui/useAddressState';
import { useText } from '../../ui/useText';
import { AlarmDrawer } from './AlarmDrawer';
import { AlarmFilters } from './AlarmFilters';
import { AlarmRow, ROW_DESK, ROW_PHONE } from './AlarmRow';
import { type AlarmFilter, NO_FILTER, alarmMatches, alarmQuery, narrowedBy, readAlarmFilter, writeAlarmFilter } from './filter';
import '../../duty/lists.css';
import './alarms.css';

const NONE: readonly Alarm[] = [];

interface ListProps {
  readonly label: string;
  readonly alarms: readonly Alarm[];
  readonly all: readonly Alarm[]; // to count what is folded
  readonly names: Names;
  readonly filter: AlarmFilter;
  readonly onRefused: (message: string) => void;
}

function List({ label, alarms, all, names, filter, onRefused }: ListProps) {
  const phone = useMedia(PHONE);
  const folded = useMemo(() => foldedInto(all), [all]);
  const byID = useMemo(() => new Map(all.map((a) => [a.id, a])), [all]);
  const act = useAlarmAction();
  const { mutate } = act;
  const onAck = useCallback(
    (a: Alarm) => {
      onRefused('');
      mutate({ id: a.id, do: 'acknowledge' }, { onError: (e) => onRefused(`${a.id}: ${e.message}`) });
    },
    [mutate, onRefused],
  );
  return (
    <VirtualRows label={label} items={alarms} id={(a) => a.id} height={phone ? ROW_PHONE : ROW_DESK}>
      {(a) => (
        <AlarmRow
          alarm={a}
          names={names}
          folded={folded.get(a.id) ?? 0}
          cause={byID.get(a.cause ?? '')}
          to={`?${writeAlarmFilter({ ...filter, alarm: a.id })}`}
          busy={act.isPending && act.variables.id === a.id}
          onAck={onAck}
        />
      )}
    </VirtualRows>
  );
}

type Part = Omit<ListProps, 'label' | 'alarms' | 'all'>;

/** Alarms that are not over: first those that ask for somebody, then those put aside, which are never forgotten. */
function Open(p: Part) {
  const { t } = useText();
  const { data, error } = useOpenAlarms();
  const all = data ?? NONE;
  const { filter, names } = p;
  const [asking, aside] = useMemo(() => {
    const shown = all.filter((a) => alarmMatches(a, filter, names.over)).sort(byUrgency);
    return [shown.filter((a) => !isAside(a.state)), shown.filter((a) => isAside(a.state))];
  }, [all, filter, names]);
  if (!data) return error ? <Alert type="error" showIcon title={t('alarms.error', { message: error.message })} /> : <p className="muted">{t('loading')}</p>;
  const narrowed = narrowedBy(filter) > 0;
  return (
    <>
      {error && <Alert type="error" showIcon title={t('alarms.old', { message: error.message })} />}
      <section className="panel dlist" data-testid="asking">
        {asking.length === 0 ? (
          <p className="dlist-empty">{narrowed ? t('alarms.noMatch') : t('alarms.none')}</p>
        ) : (
          <List {...p} label={t('alarms.asking')} alarms={asking} all={all} />
        )}
      </section>
      {aside.length > 0 && (
        <section className="panel dlist" data-testid="aside">
          <h2>{t('alarms.aside', { n: aside.length })}</h2>
          <p className="muted dlist-note">{t('alarms.asideNote')}</p>
          <List {...p} label={t('alarms.asideLabel')} alarms={aside} all={all} />
        </section>
      )}
    </>
  );
}

/** All there ever were, the newest first. */
function History(p: Part) {
  const { t } = useText();
  const pages = useAlarmPages(String(alarmQuery(p.filter)), true);
  const all = useMemo(() => pages.data?.pages.flat() ?? NONE, [pages.data]);
  if (!pages.data) {
    return pages.error ? <Alert type="error" showIcon title={t('alarms.error', { message: pages.error.message })} /> : <p className="muted">{t('loading')}</p>;
  }
  return (
    <section className="panel dlist" data-testid="history">
      {all.length === 0 ? <p className="dlist-empty">{t('alarms.noMatch')}</p> : <List {...p} label={t('alarms.history')} alarms={all} all={all.filter(alarmOpen)} />}
      {pages.hasNextPage && (
        <Button block size="large" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()} data-testid="older">
          {t('alarms.older')}
        </Button>
      )}
    </section>
  );
}

/** More alarms than anybody can read: say so, and where to begin. */
function Flood() {
  const { t } = useText();
  const flood = floodOf(useOpenAlarms().data ?? NONE);
  if (!flood) return null;
  return (
    <div className="flood" role="status" data-testid="flood">
      <b>
        <span aria-hidden="true">▲ </span>
        {t('alarms.flood')}
      </b>
      <span>{t('alarms.floodNote')}</span>
    </div>
  );
}

/** Every alarm: what is wrong, since when, who knows, and what was put aside. */
export default function AlarmsPage() {
  const { t } = useText();
  const navigate = useNavigate();
  const names = useNames();
  const [filter, set] = useAddressState(readAlarmFilter, writeAlarmFilter);
  const [refused, setRefused] = useState('');
  const behind = filter.id.length > 0;
  return (
    <div className="duty-page">
      <header className="duty-title">
        <h1>{t('alarms.title')}</h1>
        <Segmented<AlarmFilter['tab']>
          aria-label={t('alarms.which')}
          value={behind ? 'history' : filter.tab}
          options={[
            { value: 'open', label: t('alarms.openTab') },
            { value: 'history', label: t('alarms.historyTab') },
          ]}
          onChange={(tab) => set({ tab, ...(behind ? NO_FILTER : {}) })}
        />
      </header>
      <Flood />
      <AlarmFilters filter={filter} names={names} onChange={set} />
      {behind && (
        <Alert type="info" title={t('dutyFilter.behind', { n: filter.id.length })} action={<Button onClick={() => set(NO_FILTER)}>{t('dutyFilter.clear')}</Button>} />
      )}
      {refused !== '' && <Alert className="refused" type="error" showIcon title={refused} closable={{ onClose: () => setRefused('') }} />}
      {filter.tab === 'open' && !behind ? (
        <Open filter={filter} names={names} onRefused={setRefused} />
      ) : (
        <History filter={filter} names={names} onRefused={setRefused} />
      )}
      <AlarmDrawer
        id={filter.alarm}
        names={names}
        onClose={() => void navigate(`?${writeAlarmFilter({ ...filter, alarm: '' })}`, { replace: true })}
      />
    </div>
  );
}
