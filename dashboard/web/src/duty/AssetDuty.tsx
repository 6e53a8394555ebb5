import { useMemo } from 'react';
import { Link } from 'react-router';
import type { Asset } from '../api/types';
import { formatTime } from '../points/format';
import { Age } from '../ui/Value';
import { useText } from '../ui/useText';
import { WorstClock } from './Clocks';
import { Explain } from './Explain';
import { FactsPanel } from './FactsPanel';
import { AlarmMark, AlarmStateWord, PriorityMark, TicketStateWord } from './Marks';
import { type Names, useNames } from './names';
import { byUrgency, ticketOpen, ticketsByUrgency } from './order';
import { useAlarmPages, useOpenAlarms, useOpenTickets, useTicketPages } from './queries';
import type { Alarm, Ticket } from './types';
import './lists.css';
import './asset-duty.css';

const LAST = 5; // that are over

/** Open ones first as they are now, then the last that are over. */
function together<T extends { readonly id: string }>(open: readonly T[], last: readonly T[], isOpen: (x: T) => boolean): T[] {
  const known = new Set(open.map((x) => x.id));
  return [...open, ...last.filter((x) => !known.has(x.id) && !isOpen(x)).slice(0, LAST)];
}

function Alarms({ asset, names }: { asset: string; names: Names }) {
  const { t } = useText();
  const { data: all, isError } = useOpenAlarms();
  const pages = useAlarmPages(`asset=${encodeURIComponent(asset)}`, true);
  const shown = useMemo(() => {
    const open = (all ?? []).filter((a) => a.asset === asset).sort(byUrgency);
    return together<Alarm>(open, pages.data?.pages[0] ?? [], (a) => a.state !== 'normal');
  }, [all, pages.data, asset]);
  return (
    <section className="panel" aria-label={t('alarms.title')}>
      <h2>
        {t('alarms.title')} <Link to={`/alarms?tab=history&asset=${encodeURIComponent(asset)}`}>{t('assetDuty.all')}</Link>
      </h2>
      {isError && <p className="duty-unknown">{t('dutyHead.unknown')}</p>}
      {!isError && shown.length === 0 && <p className="muted">{t('assetDuty.noAlarms')}</p>}
      <ul className="mini">
        {shown.map((a) => (
          <li key={a.id}>
            <AlarmMark alarm={a} />
            <Link to={`/alarms?alarm=${a.id}`}>{names.text(a.title)}</Link>
            <span className="mini-age">
              {a.state === 'normal' ? <span className="age">{formatTime(Date.parse(a.raised), names.zone).slice(5, 16)}</span> : <Age time={Date.parse(a.raised)} />}
            </span>
            <span className="mini-state">
              <AlarmStateWord state={a.state} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tickets({ asset, names }: { asset: Asset; names: Names }) {
  const { t } = useText();
  const { data: all } = useOpenTickets();
  const pages = useTicketPages(`asset=${encodeURIComponent(asset.id)}`, true);
  const shown = useMemo(() => {
    const open = (all ?? []).filter((x) => x.asset === asset.id).sort(ticketsByUrgency);
    return together<Ticket>(open, pages.data?.pages[0] ?? [], ticketOpen);
  }, [all, pages.data, asset.id]);
  const q = new URLSearchParams({ asset: asset.id, ...(asset.unit ? { unit: asset.unit } : {}) });
  return (
    <section className="panel" aria-label={t('tickets.title')}>
      <h2>
        {t('tickets.title')} <Link to={`/tickets?tab=history&asset=${encodeURIComponent(asset.id)}`}>{t('assetDuty.all')}</Link>{' '}
        <Link to={`/tickets/new?${q}`}>{t('tickets.new')}</Link>
      </h2>
      {shown.length === 0 && <p className="muted">{t('assetDuty.noTickets')}</p>}
      <ul className="mini">
        {shown.map((x) => (
          <li key={x.id}>
            <PriorityMark priority={x.priority} look={ticketOpen(x) ? 'full' : 'aside'} />
            <Link to={`/tickets/${x.id}`}>{names.text(x.title)}</Link>
            <span className="mini-age">
              <Age time={Date.parse(x.opened)} />
            </span>
            <span className="mini-state">
              <TicketStateWord state={x.state} />
              {ticketOpen(x) && <WorstClock ticket={x} />}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What an asset asks of people and what they have told of it; or why its rules do or do not alarm. */
export default function AssetDuty({ asset, part }: { asset: Asset; part: 'asks' | 'explain' }) {
  const names = useNames();
  if (part === 'explain') return <Explain asset={asset.id} names={names} />;
  return (
    <div className="asset-duty">
      <Alarms asset={asset.id} names={names} />
      <Tickets asset={asset} names={names} />
      <FactsPanel asset={asset} names={names} />
    </div>
  );
}
