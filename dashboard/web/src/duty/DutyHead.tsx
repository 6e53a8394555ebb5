import { useMemo } from 'react';
import { Link } from 'react-router';
import { useEverySecond } from '../live/hooks';
import { useText } from '../ui/useText';
import { PriorityShape } from './Marks';
import { countClocks } from './clocks';
import { countAlarms } from './order';
import { useOpenAlarms, useOpenTickets } from './queries';
import { PRIORITIES, type Ticket } from './types';
import './duty.css';

const NO_TICKETS: readonly Ticket[] = [];

function Alarms() {
  const { t } = useText();
  const { data, isError } = useOpenAlarms();
  const counts = useMemo(() => countAlarms(data ?? []), [data]);
  // Alarms that cannot be read are not "none".
  if (isError) {
    return (
      <Link to="/alarms" className="duty-unknown">
        {t('dutyHead.unknown')}
      </Link>
    );
  }
  if (!data) return null;
  const to = counts.unacked > 0 ? '/alarms?state=unacknowledged,returned' : '/alarms';
  const title = t('dutyHead.alarms', { n: counts.unacked, count: counts.open });
  return (
    <Link to={to} className="duty-alarms" title={title} data-testid="head-alarms">
      <span className="sr">{title}</span>
      {counts.unacked === 0 && (
        <span className="muted" aria-hidden="true">
          {t('dutyHead.quiet', { count: counts.open })}
        </span>
      )}
      {PRIORITIES.map(
        (p) =>
          counts.of[p].unacked > 0 && (
            <span key={p} className="duty-count" aria-hidden="true">
              <PriorityShape priority={p} blink />×{counts.of[p].unacked}
            </span>
          ),
      )}
    </Link>
  );
}

function Clocks() {
  const { t } = useText();
  const { data } = useOpenTickets();
  const tickets = data ?? NO_TICKETS;
  const said = useEverySecond((now) => {
    const c = countClocks(tickets, now);
    return `${c.broken}|${c.soon}`;
  });
  const [broken = 0, soon = 0] = said.split('|').map(Number);
  if (broken === 0 && soon === 0) return null;
  return (
    <Link to={broken > 0 ? '/tickets?clock=broken' : '/tickets?clock=soon'} className="duty-clocks" data-testid="head-clocks">
      {broken > 0 && (
        <span className="clock-broken" title={t('dutyHead.broken', { n: broken })}>
          <span className="sr">{t('dutyHead.broken', { n: broken })}</span>
          <span aria-hidden="true">▲ {broken}</span>
        </span>
      )}
      {soon > 0 && (
        <span className="clock-soon" title={t('dutyHead.soon', { n: soon })}>
          <span className="sr">{t('dutyHead.soon', { n: soon })}</span>
          <span aria-hidden="true">◔ {soon}</span>
        </span>
      )}
    </Link>
  );
}

/** What asks for somebody, on every page: alarms nobody has acknowledged, promises broken or about to be. */
export function DutyHead() {
  const { t } = useText();
  return (
    <span className="duty-head" role="group" aria-label={t('dutyHead.label')}>
      <Alarms />
      <Clocks />
    </span>
  );
}
