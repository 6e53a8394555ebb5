import { useMemo } from 'react';
import { Link } from 'react-router';
import { useEverySecond } from '../live/hooks';
import { Age } from '../ui/Value';
import { useText } from '../ui/useText';
import { WorstClock } from './Clocks';
import { AlarmMark, PriorityMark, PriorityShape } from './Marks';
import { countClocks, worstClock } from './clocks';
import { type Names, useNames } from './names';
import { asksAck, byUrgency, countAlarms, isAside } from './order';
import { useOpenAlarms, useOpenTickets } from './queries';
import { type Alarm, PRIORITIES, type Ticket } from './types';
import './duty.css';

const SHOWN = 40;
const NO_ALARMS: readonly Alarm[] = [];

function Counts({ alarms }: { alarms: readonly Alarm[] }) {
  const { t } = useText();
  const c = useMemo(() => countAlarms(alarms), [alarms]);
  const hidden = PRIORITIES.reduce((sum, p) => sum + c.aside[p], 0);
  return (
    <p className="slot-counts">
      {PRIORITIES.map((p) => (
        <Link key={p} to={`/alarms?priority=${p}`} className={c.of[p].open === 0 ? 'slot-count slot-none' : 'slot-count'}>
          <PriorityShape priority={p} look={c.of[p].open === 0 ? 'aside' : 'full'} blink={c.of[p].unacked > 0} />
          <b>{c.of[p].open}</b>
          <span className="sr">{t('slot.of', { p, open: c.of[p].open, unacked: c.of[p].unacked })}</span>
        </Link>
      ))}
      {hidden > 0 && (
        <Link to="/alarms?state=shelved,suppressed,out_of_service" className="slot-aside">
          {t('slot.aside', { n: hidden })}
          {PRIORITIES.filter((p) => c.aside[p] > 0).map((p) => (
            <span key={p} className={p === 'P1' ? 'slot-hidden slot-hidden-p1' : 'slot-hidden'}>
              <PriorityShape priority={p} look="aside" /> {t(p === 'P1' ? 'slot.hiddenP1' : 'slot.hidden', { p, n: c.aside[p] })}
            </span>
          ))}
        </Link>
      )}
    </p>
  );
}

function AlarmList({ alarms, names }: { alarms: readonly Alarm[]; names: Names }) {
  const { t } = useText();
  // What nobody has acknowledged first: this panel is short.
  const shown = useMemo(
    () => alarms.filter((a) => !isAside(a.state)).sort((a, b) => Number(asksAck(b.state)) - Number(asksAck(a.state)) || byUrgency(a, b)),
    [alarms],
  );
  if (shown.length === 0) return <p className="muted">{t('slot.noAlarms')}</p>;
  return (
    <ul>
      {shown.slice(0, SHOWN).map((a) => (
        <li key={a.id} className="summary-row slot-row">
          <AlarmMark alarm={a} />
          <span className="slot-words">
            <Link to={`/alarms?alarm=${a.id}`}>{names.text(a.title)}</Link> <span className="summary-what">{names.asset(a.asset)}</span>
          </span>
          <Age time={Date.parse(a.raised)} />
        </li>
      ))}
      {shown.length > SHOWN && (
        <li>
          <Link to="/alarms">{t('overview.andMore', { n: shown.length - SHOWN })}</Link>
        </li>
      )}
    </ul>
  );
}

function TicketPart({ tickets, names }: { tickets: readonly Ticket[]; names: Names }) {
  const { t } = useText();
  // Which tickets are near their limits, as a key that changes only when that does.
  const key = useEverySecond((now) =>
    tickets
      .filter((x) => ['broken', 'soon'].includes(worstClock(x, now)?.standing.state ?? ''))
      .sort((a, b) => (worstClock(a, now)?.standing.leftMs ?? 0) - (worstClock(b, now)?.standing.leftMs ?? 0))
      .slice(0, 20)
      .map((x) => x.id)
      .join(' '),
  );
  const said = useEverySecond((now) => {
    const c = countClocks(tickets, now);
    return t('slot.clocks', { broken: c.broken, soon: c.soon });
  });
  const near = key.split(' ').flatMap((id) => tickets.filter((x) => x.id === id));
  return (
    <>
      <h3>
        <Link to="/tickets">{t('slot.tickets', { count: tickets.length })}</Link> <span className="muted">{said}</span>
      </h3>
      <ul>
        {near.map((x) => (
          <li key={x.id} className="summary-row slot-ticket">
            <PriorityMark priority={x.priority} />
            <Link to={`/tickets/${x.id}`}>{names.text(x.title)}</Link>
            <WorstClock ticket={x} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** Active alarms by priority, open tickets, and promises broken or about to be. */
export function DutySlot() {
  const { t } = useText();
  const names = useNames();
  const alarms = useOpenAlarms();
  const tickets = useOpenTickets();
  return (
    <section className="panel summary-panel" aria-label={t('slot.title')}>
      <h2>{t('slot.title')}</h2>
      {alarms.isError ? <p className="duty-unknown">{t('dutyHead.unknown')}</p> : <Counts alarms={alarms.data ?? NO_ALARMS} />}
      <div className="summary-list" role="group" aria-label={t('slot.title')} tabIndex={0}>
        {alarms.data && <AlarmList alarms={alarms.data} names={names} />}
        {tickets.data && <TicketPart tickets={tickets.data} names={names} />}
      </div>
    </section>
  );
}
