import { Button } from 'antd';
import { useState } from 'react';
import { ActionForm, type Field } from '../../duty/ActionForm';
import { ticketSteps } from '../../duty/moves';
import { useTicketAction } from '../../duty/queries';
import { type Ticket, type TicketAction, type TicketVerb, WAITS } from '../../duty/types';
import type { Translate } from '../../points/display';
import { useText } from '../../ui/useText';

function fieldsOf(verb: TicketVerb, ticket: Ticket, t: Translate): Field[] {
  const note = (required = false, label = t('form.note')): Field => ({ name: 'note', kind: 'text', label, required });
  const reason: Field = { name: 'reason', kind: 'text', label: t('form.reason'), required: true };
  switch (verb) {
    case 'assign':
      return [{ name: 'to', kind: 'line', label: t('form.to'), required: true }];
    case 'wait':
      return [
        { name: 'waits', kind: 'choice', label: t('form.waits'), required: true, options: WAITS.map((w) => ({ value: w, label: t(`waits.${w}`) })) },
        note(),
      ];
    case 'plan':
      return [note(true, t('form.plan')), { name: 'until', kind: 'when', label: t('form.planFor'), required: true }];
    case 'classify': {
      const to = ticket.class === 'simple' ? 'complex' : 'simple';
      return [{ name: 'class', kind: 'choice', label: t('form.class'), required: true, options: [{ value: to, label: t(`ticketClass.${to}`) }] }, reason];
    }
    case 'done':
      return [note(false, t('form.whatDone'))];
    case 'note':
      return [note(true)];
    case 'close':
    case 'reopen':
    case 'cancel':
      return [reason];
    case 'accept':
    case 'start':
    case 'resume':
      return [];
  }
}

/** The next steps of a ticket: what the state allows, the usual one first and large. */
export function TicketSteps({ ticket, zone }: { ticket: Ticket; zone: string }) {
  const { t } = useText();
  const [verb, setVerb] = useState<TicketVerb | null>(null);
  const act = useTicketAction();
  const steps = ticketSteps(ticket);
  const can = steps.some((s) => s.do === verb);
  if (steps.length === 0) return null;
  const choose = (v: TicketVerb | null) => {
    act.reset();
    setVerb(v);
  };
  const run = (v: TicketVerb, values: Record<string, string> = {}) =>
    act.mutate({ ...(values as Omit<TicketAction, 'do'>), id: ticket.id, do: v }, { onSuccess: () => setVerb(null) });
  const shown = can && verb !== null ? verb : null;
  return (
    <section className="ticket-steps" aria-label={t('ticket.steps')}>
      <div className="step-buttons">
        {steps.map((s) => (
          <Button
            key={s.do}
            size="large"
            type={s.primary ? 'primary' : 'default'}
            className={s.primary ? 'step-first' : ''}
            data-do={s.do}
            aria-expanded={fieldsOf(s.do, ticket, t).length > 0 ? shown === s.do : undefined}
            loading={act.isPending && act.variables.do === s.do && shown === null}
            onClick={() => {
              if (fieldsOf(s.do, ticket, t).length > 0) choose(shown === s.do ? null : s.do);
              else {
                setVerb(null);
                run(s.do);
              }
            }}
          >
            {t(`ticketDo.${s.do}`)}
          </Button>
        ))}
      </div>
      {ticket.state === 'proving' && <p className="muted">{t('ticket.closeNote')}</p>}
      {shown === null && act.error && <p role="alert" className="step-error">{act.error.message}</p>}
      {shown !== null && (
        <ActionForm
          key={shown}
          fields={fieldsOf(shown, ticket, t)}
          zone={zone}
          submit={t(`ticketDo.${shown}`)}
          danger={shown === 'cancel'}
          busy={act.isPending}
          error={act.error}
          onSubmit={(values) => run(shown, values)}
          onCancel={() => choose(null)}
        />
      )}
    </section>
  );
}
