import { Link } from 'react-router';
import { AssetLink } from '../../duty/AssetLink';
import { WorstClock } from '../../duty/Clocks';
import { PriorityMark, TicketStateWord } from '../../duty/Marks';
import type { Names } from '../../duty/names';
import { ticketOpen } from '../../duty/order';
import type { Ticket } from '../../duty/types';
import { formatTime } from '../../points/format';
import { Age } from '../../ui/Value';
import { useText } from '../../ui/useText';

/** Where a ticket is: its flat, its equipment, its area. */
export function Where({ ticket, names }: { ticket: Ticket; names: Names }) {
  const area = ticket.area !== undefined && ticket.area !== '' ? ticket.area : names.areaOf(ticket.asset ?? '');
  return (
    <>
      {ticket.unit !== undefined && ticket.unit !== '' && <b>{names.unit(ticket.unit)} </b>}
      {ticket.asset !== undefined && ticket.asset !== '' && <AssetLink id={ticket.asset} names={names} />}
      {area !== '' && <span className="muted where-area"> {names.area(area)}</span>}
    </>
  );
}

/** What is particular about a ticket. */
export function TicketTags({ ticket }: { ticket: Ticket }) {
  const { t } = useText();
  return (
    <>
      {ticket.class !== 'none' && <span className="tag">{t(`ticketClass.${ticket.class}`)}</span>}
      {ticket.origin !== 'alarm' && <span className="tag">{t(`origin.${ticket.origin}`)}</span>}
      {ticket.reopened > 0 && <span className="tag">{t('ticket.reopenedTimes', { n: ticket.reopened })}</span>}
      {ticket.recurrence !== undefined && ticket.recurrence !== '' && <span className="tag">{t('ticket.again')}</span>}
      {ticket.waits !== undefined && ticket.state === 'waiting' && <span className="tag">{t(`waits.${ticket.waits}`)}</span>}
    </>
  );
}

/** One ticket on the board, and on a phone. */
export function TicketCard({ ticket: x, names }: { ticket: Ticket; names: Names }) {
  const { t } = useText();
  return (
    <article className="tcard" data-ticket={x.id}>
      <p className="tcard-head">
        <PriorityMark priority={x.priority} look={ticketOpen(x) ? 'full' : 'aside'} />
        <TicketStateWord state={x.state} />
        <span className="muted tcard-id">{x.id}</span>
        <span title={formatTime(Date.parse(x.opened), names.zone)}>
          <Age time={Date.parse(x.opened)} />
        </span>
      </p>
      <p className="tcard-title">
        <Link to={`/tickets/${x.id}`} className="stretch">
          {names.text(x.title)}
        </Link>
      </p>
      <p className="tcard-where">
        <Where ticket={x} names={names} />
      </p>
      <WorstClock ticket={x} />
      <p className="tcard-tags">
        <TicketTags ticket={x} />
        {x.assignee !== undefined && x.assignee !== '' && <span className="muted">{t('ticket.with', { who: x.assignee })}</span>}
      </p>
    </article>
  );
}

/** One ticket as a line of the table. */
export function TicketRow({ ticket: x, names }: { ticket: Ticket; names: Names }) {
  const { t } = useText();
  return (
    <article className="trow" data-ticket={x.id}>
      <PriorityMark priority={x.priority} look={ticketOpen(x) ? 'full' : 'aside'} />
      <span className="muted">{x.id}</span>
      <span className="trow-title">
        <Link to={`/tickets/${x.id}`} className="stretch">
          {names.text(x.title)}
        </Link>
      </span>
      <span className="trow-where">
        <Where ticket={x} names={names} />
      </span>
      <TicketStateWord state={x.state} />
      <span className="trow-who">{x.assignee !== undefined && x.assignee !== '' ? t('ticket.with', { who: x.assignee }) : ''}</span>
      <span className="trow-tags">
        <TicketTags ticket={x} />
      </span>
      <span className="trow-clock">
        <WorstClock ticket={x} />
      </span>
      <span className="trow-age" title={formatTime(Date.parse(x.opened), names.zone)}>
        <Age time={Date.parse(x.opened)} />
      </span>
    </article>
  );
}
