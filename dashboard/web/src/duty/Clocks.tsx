import { useEverySecond } from '../live/hooks';
import type { Translate } from '../points/display';
import { type TimeWords, formatDuration } from '../points/format';
import { useText } from '../ui/useText';
import { type Standing, standing, worstClock } from './clocks';
import { ticketOpen } from './order';
import type { ServiceClock, Ticket } from './types';

const RUNNING: ReadonlySet<string> = new Set(['broken', 'soon', 'running', 'paused']);

/** A duration by the minute: seconds only where there is less than one. */
export function roundTime(ms: number, words: TimeWords): string {
  const abs = Math.abs(ms);
  return formatDuration(abs < 60_000 ? Math.max(abs, 1000) : Math.floor(abs / 60_000) * 60_000, words);
}

/** How a clock stands, in words: time left, broken by how much, paused for what. */
export function standingText(s: Standing, ticket: Ticket, t: Translate, words: TimeWords): string {
  const time = roundTime(s.leftMs, words);
  if (s.state === 'paused') {
    return t('clock.paused', { why: ticket.waits ? t(`waits.${ticket.waits}`) : t('ticketState.waiting'), time });
  }
  return t(`clock.${s.state}`, { time });
}

/** One promise as a bar and in words; it ticks alone. */
export function ClockBar({ clock, ticket, name = true }: { clock: ServiceClock; ticket: Ticket; name?: boolean }) {
  const { t, time } = useText();
  const over = !ticketOpen(ticket);
  const title = t(`promise.${clock.promise}`);
  const said = useEverySecond((now) => {
    const s = standing(clock, now, over);
    return `${s.state}|${Math.round(s.used * 200) / 2}|${standingText(s, ticket, t, time)}`;
  });
  const [state = '', used = '0', words = ''] = said.split('|');
  return (
    <span className={`clock clock-${state}`}>
      {name && <span className="clock-name">{title}</span>}
      <span
        className="clock-bar"
        role="meter"
        aria-label={title}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(Number(used))}
        aria-valuetext={words}
      >
        <span style={{ inlineSize: `${used}%` }} />
      </span>
      <span className="clock-words">
        {(state === 'broken' || state === 'late') && <span aria-hidden="true">▲ </span>}
        {state === 'soon' && <span aria-hidden="true">◔ </span>}
        {words}
      </span>
    </span>
  );
}

/** The clock of a ticket that matters most now; nothing where none runs any more. */
export function WorstClock({ ticket }: { ticket: Ticket }) {
  const { t, time } = useText();
  const promise = useEverySecond((now) => {
    const worst = worstClock(ticket, now);
    return worst && RUNNING.has(worst.standing.state) ? worst.clock.promise : '';
  });
  const end = ticket.state === 'proving' ? Date.parse(ticket.proof_until ?? '') : NaN;
  const proof = useEverySecond((now) => (end > now ? roundTime(end - now, time) : ''));
  const clock = (ticket.clocks ?? []).find((c) => c.promise === promise);
  if (clock) return <ClockBar clock={clock} ticket={ticket} />;
  return proof === '' ? null : <span className="clock-proof">{t('clock.proof', { time: proof })}</span>;
}
