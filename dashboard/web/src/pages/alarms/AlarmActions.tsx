import { Button, Tooltip } from 'antd';
import { useState } from 'react';
import { ActionForm, type Field } from '../../duty/ActionForm';
import { type AlarmStep, alarmSteps } from '../../duty/moves';
import type { Names } from '../../duty/names';
import { useAlarmAction, useOpenTickets } from '../../duty/queries';
import type { Alarm, AlarmVerb, Ticket } from '../../duty/types';
import type { Translate } from '../../points/display';
import { useText } from '../../ui/useText';

const SHELVE = [30, 60, 120, 240, 480, 720]; // minutes; 12 h is the gateway's most
const REMOVE = [120, 240, 480, 1440, 4320, 10_080];

/** Tickets of the same asset first. */
function ticketOptions(tickets: readonly Ticket[], asset: string, names: Names) {
  return [...tickets]
    .sort((a, b) => Number(b.asset === asset) - Number(a.asset === asset))
    .map((x) => ({ value: x.id, label: `${x.id} ${names.text(x.title)}` }));
}

function fieldsOf(verb: AlarmVerb, t: Translate, tickets: { value: string; label: string }[]): Field[] {
  switch (verb) {
    case 'acknowledge':
    case 'reset':
      return [{ name: 'note', kind: 'text', label: t('form.note') }];
    case 'shelve':
      return [
        { name: 'reason', kind: 'text', label: t('form.reason'), required: true },
        { name: 'until', kind: 'for', label: t('form.howLong'), required: true, lengths: SHELVE },
      ];
    case 'remove':
      return [
        { name: 'ticket', kind: 'choice', label: t('form.ticket'), required: true, options: tickets, search: true },
        { name: 'reason', kind: 'text', label: t('form.reason'), required: true },
        { name: 'until', kind: 'for', label: t('form.howLong'), required: true, lengths: REMOVE },
      ];
    case 'unshelve':
    case 'restore':
      return [];
  }
}

/** What a person can do with an alarm now. Acknowledging is one tap, with a note if there is one. */
export function AlarmActions({ alarm, names }: { alarm: Alarm; names: Names }) {
  const { t } = useText();
  const [verb, setVerb] = useState<AlarmVerb | null>(null);
  const act = useAlarmAction();
  const { data: tickets } = useOpenTickets();
  const steps = alarmSteps(alarm);
  const quick = steps.find((s) => s.primary && (s.do === 'acknowledge' || s.do === 'reset'));
  const shown = verb !== null && steps.some((s) => s.do === verb) ? verb : (quick?.do ?? null);
  const choose = (v: AlarmVerb | null) => {
    act.reset();
    setVerb(v);
  };
  if (steps.length === 0) return null;
  const button = (s: AlarmStep) => {
    const made = (
      <Button key={s.do} disabled={s.refused !== undefined} onClick={() => choose(s.do)} data-do={s.do}>
        {t(`alarmDo.${s.do}`)}
      </Button>
    );
    return s.refused === undefined ? made : <Tooltip key={s.do} title={t(`alarm.${s.refused}`)}>{made}</Tooltip>;
  };
  return (
    <section className="alarm-actions" aria-label={t('alarm.actions')}>
      {shown !== null && (
        <ActionForm
          key={`${shown}${alarm.state}`}
          fields={fieldsOf(shown, t, ticketOptions(tickets ?? [], alarm.asset, names))}
          zone={names.zone}
          submit={t(`alarmDo.${shown}`)}
          busy={act.isPending}
          error={act.error}
          onSubmit={(values) => act.mutate({ id: alarm.id, do: shown, ...values }, { onSuccess: () => setVerb(null) })}
          {...(verb !== null && { onCancel: () => choose(null) })}
        />
      )}
      <div className="other-steps">
        {steps.filter((s) => s.do !== shown).map(button)}
        {steps.some((s) => s.refused === 'p1') && <p className="muted">{t('alarm.p1')}</p>}
      </div>
    </section>
  );
}
