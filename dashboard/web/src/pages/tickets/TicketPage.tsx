import { Alert } from 'antd';
import { Suspense, lazy } from 'react';
import { Link, useParams } from 'react-router';
import { ClockBar, roundTime } from '../../duty/Clocks';
import { PriorityMark, TicketStateWord } from '../../duty/Marks';
import { canAttach } from '../../duty/moves';
import { type Names, useNames } from '../../duty/names';
import { ticketOpen } from '../../duty/order';
import { useTicket } from '../../duty/queries';
import type { Ticket, TicketDetail } from '../../duty/types';
import { wordsOf } from '../../duty/words';
import { useEverySecond } from '../../live/hooks';
import { formatTime } from '../../points/format';
import { named, useText } from '../../ui/useText';
import { Photos } from './Photos';
import { TicketTags, Where } from './TicketCard';
import { TicketSteps } from './TicketSteps';
import { Timeline } from './Timeline';
import { frozenOf } from './frozen';
import '../../duty/lists.css';
import './tickets.css';

const FrozenTrend = lazy(() => import('./FrozenTrend'));

/** How long the points must still stay good and normal. */
function Proof({ until, zone }: { until: string; zone: string }) {
  const { t, time } = useText();
  const end = Date.parse(until);
  const left = useEverySecond((now) => (end > now ? roundTime(end - now, time) : ''));
  return (
    <p className="proof">
      {left === '' ? t('ticket.proofOver') : t('ticket.proof', { left, at: formatTime(end, zone).slice(5, 16) })}
    </p>
  );
}

function Head({ ticket: x, names }: { ticket: Ticket; names: Names }) {
  const { t } = useText();
  const at = (iso: string) => formatTime(Date.parse(iso), names.zone).slice(0, 16);
  const rows: [string, React.ReactNode][] = [[t('ticket.opened'), `${at(x.opened)}${x.by ? ` · ${x.by}` : ''}`]];
  if (x.assignee) rows.push([t('ticket.assignee'), x.assignee]);
  if (x.trade) rows.push([t('ticket.trade'), named(t, 'trade', x.trade)]);
  if (x.plan_for) rows.push([t('ticket.planFor'), at(x.plan_for)]);
  if (x.done) rows.push([t('ticket.done'), at(x.done)]);
  if (x.closed) rows.push([t('ticket.closed'), at(x.closed)]);
  if (x.recurrence) rows.push([t('ticket.recurrence'), <Link key="r" to={`/tickets/${x.recurrence}`}>{x.recurrence}</Link>]);
  const alarms = x.alarms ?? [];
  const detail = wordsOf(x.say, x.detail, names);
  if (alarms.length > 0) {
    rows.push([t('ticket.alarms'), alarms.map((id) => <Link key={id} className="id-link" to={`/alarms?alarm=${id}`}>{id}</Link>)]);
  }
  return (
    <header className="ticket-head">
      <p className="crumbs">
        <Link to="/tickets">{t('tickets.title')}</Link> › {x.id}
      </p>
      <h1>
        <PriorityMark priority={x.priority} look={ticketOpen(x) ? 'full' : 'aside'} /> {names.text(x.title)}
      </h1>
      <p className="ticket-now">
        <TicketStateWord state={x.state} /> <TicketTags ticket={x} />
        <span>
          <Where ticket={x} names={names} />
        </span>
      </p>
      {detail !== '' && <p className="ticket-detail">{detail}</p>}
      {x.state === 'proving' && x.proof_until !== undefined && <Proof until={x.proof_until} zone={names.zone} />}
      {(x.clocks ?? []).length > 0 && (
        <div className="ticket-clocks">
          {(x.clocks ?? []).map((c) => (
            <ClockBar key={c.promise} clock={c} ticket={x} />
          ))}
        </div>
      )}
      <dl className="facts">
        {rows.map(([k, v]) => (
          <div key={k}>
            <dt>{k}</dt>
            <dd>{v}</dd>
          </div>
        ))}
      </dl>
    </header>
  );
}

function Known({ detail: { ticket, timeline }, names }: { detail: TicketDetail; names: Names }) {
  const frozen = frozenOf(timeline);
  const asset = frozen && names.assets.get(frozen.asset);
  return (
    <div className="ticket-page">
      <div className="ticket-main">
        <section className="panel ticket-top">
          <Head ticket={ticket} names={names} />
          <TicketSteps ticket={ticket} zone={names.zone} />
        </section>
        <Photos ticket={ticket.id} timeline={timeline} canAdd={canAttach(ticket.state)} />
        {frozen && asset && (
          <Suspense fallback={<div className="panel trend-wait" />}>
            <FrozenTrend asset={asset} frozen={frozen} zone={names.zone} />
          </Suspense>
        )}
      </div>
      <Timeline events={timeline} names={names} />
    </div>
  );
}

/** One job from its beginning to its end. */
export default function TicketPage() {
  const { t } = useText();
  const { id = '' } = useParams();
  const names = useNames();
  const { data, error } = useTicket(id);
  return (
    <div className="duty-page">
      {data ? (
        <>
          {error && <Alert type="error" showIcon title={t('tickets.old', { message: error.message })} />}
          <Known key={id} detail={data} names={names} />
        </>
      ) : error ? (
        <Alert type="error" showIcon title={t('tickets.error', { message: error.message })} />
      ) : (
        <p className="muted">{t('loading')}</p>
      )}
    </div>
  );
}
