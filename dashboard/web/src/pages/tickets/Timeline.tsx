import { Link } from 'react-router';
import type { Names } from '../../duty/names';
import type { TicketEvent } from '../../duty/types';
import { formatTime } from '../../points/format';
import { useText } from '../../ui/useText';
import { photoURL } from './Photos';

function Line({ event: e, names }: { event: TicketEvent; names: Names }) {
  const { t } = useText();
  const say = e.say ? names.text(e.say) : '';
  const isData = e.what === 'trend';
  return (
    <li className={`tl tl-${e.what}`}>
      <time>{formatTime(Date.parse(e.at), names.zone)}</time>
      <div>
        <b>{e.what === 'state' && e.to ? t(`ticketState.${e.to}`) : t(`what.${e.what}`)}</b>
        {e.clock !== undefined && <span> · {t(`promise.${e.clock}`)}</span>}
        {e.by !== undefined && e.by !== '' && <span> · {e.by}</span>}
        {e.alarm !== undefined && e.alarm !== '' && !isData && (
          <>
            {' '}
            <Link to={`/alarms?alarm=${e.alarm}`}>{e.alarm}</Link>
          </>
        )}
        {say !== '' && <p>{say}</p>}
        {e.text !== undefined && e.text !== '' && !isData && e.what !== 'recurrence' && <p className="tl-text">{e.text}</p>}
        {e.what === 'recurrence' && e.text !== undefined && <Link to={`/tickets/${e.text}`}>{e.text}</Link>}
        {e.attach && (
          <a href={photoURL(e.attach.id)} target="_blank" rel="noreferrer">
            <img className="tl-photo" src={photoURL(e.attach.id)} alt={e.attach.name} loading="lazy" decoding="async" />
          </a>
        )}
      </div>
    </li>
  );
}

/** Everything that happened to a ticket, the newest first. */
export function Timeline({ events, names }: { events: readonly TicketEvent[]; names: Names }) {
  const { t } = useText();
  return (
    <section className="panel" aria-label={t('ticket.timeline')}>
      <h2>{t('ticket.timeline')}</h2>
      <ol className="timeline">
        {[...events].reverse().map((e) => (
          <Line key={e.no} event={e} names={names} />
        ))}
      </ol>
    </section>
  );
}
