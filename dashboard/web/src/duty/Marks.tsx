import type { ReactNode } from 'react';
import { useText } from '../ui/useText';
import { asksAck, isAside } from './order';
import type { Alarm, AlarmState, Mark, Priority, TicketState } from './types';

// A priority is a colour, a shape and a word: any one of them says it alone.

const SHAPE: Readonly<Record<Priority, ReactNode>> = {
  P1: <path d="M2 2h16v16H2z" />,
  P2: <path d="M10 1.2L19.4 18.4H.6z" />,
  P3: <path d="M10 .8L19.2 10L10 19.2L.8 10z" />,
  P4: <circle cx="10" cy="10" r="8.6" />,
};
const FOOT: Readonly<Record<Priority, number>> = { P1: 14.2, P2: 16.4, P3: 14, P4: 14 };

export type Look = 'full' | 'hollow' | 'aside';

/** How an alarm's shape is drawn: hollow when its condition has gone, grey when it is put aside. */
export function lookOf(a: Pick<Alarm, 'state' | 'active'>): Look {
  if (isAside(a.state) || a.state === 'normal') return 'aside';
  return a.active ? 'full' : 'hollow';
}

/** The shape of a priority; it blinks only for an alarm that nobody has acknowledged. */
export function PriorityShape({ priority, look = 'full', blink = false }: { priority: Priority; look?: Look; blink?: boolean }) {
  return (
    <svg className={`pshape p-${priority} look-${look}${blink ? ' blink' : ''}`} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      {SHAPE[priority]}
      <text x="10" y={FOOT[priority]}>
        {priority.slice(1)}
      </text>
    </svg>
  );
}

/** A priority's shape and its word. */
export function PriorityMark({ priority, look, blink }: { priority: Priority; look?: Look; blink?: boolean }) {
  return (
    <span className="pmark">
      <PriorityShape priority={priority} {...(look && { look })} {...(blink !== undefined && { blink })} />
      <b>{priority}</b>
    </span>
  );
}

/** The mark of an alarm as it is now. */
export function AlarmMark({ alarm }: { alarm: Pick<Alarm, 'state' | 'active' | 'priority'> }) {
  return <PriorityMark priority={alarm.priority} look={lookOf(alarm)} blink={asksAck(alarm.state)} />;
}

export function AlarmStateWord({ state }: { state: AlarmState }) {
  const { t } = useText();
  return <span className={`astate astate-${state}`}>{t(`alarmState.${state}`)}</span>;
}

export function TicketStateWord({ state }: { state: TicketState }) {
  const { t } = useText();
  return <span className={`tstate tstate-${state}`}>{t(`ticketState.${state}`)}</span>;
}

/** What is worth knowing of an alarm beside its state. */
export function MarkWords({ marks }: { marks: readonly Mark[] | null | undefined }) {
  const { t } = useText();
  return (
    <>
      {(marks ?? []).map((m) => (
        <span key={m} className="tag" title={t(`alarmMark.${m}Title`)}>
          {t(`alarmMark.${m}`)}
        </span>
      ))}
    </>
  );
}
