import { Alert, Drawer } from 'antd';
import { Link } from 'react-router';
import { AssetLink } from '../../duty/AssetLink';
import { Inputs } from '../../duty/Inputs';
import { AlarmMark, AlarmStateWord, MarkWords } from '../../duty/Marks';
import type { Names } from '../../duty/names';
import { useAlarm, useOpenTickets, useRules } from '../../duty/queries';
import type { Alarm, Transition } from '../../duty/types';
import { PHONE, useMedia } from '../../duty/useMedia';
import { wordsOf } from '../../duty/words';
import { formatDuration, formatTime } from '../../points/format';
import { Age } from '../../ui/Value';
import { named, useText } from '../../ui/useText';
import { AlarmActions } from './AlarmActions';

/** What to do first, as the rule has it: the reason why somebody opens this at night. */
function FirstAction({ alarm, names }: { alarm: Alarm; names: Names }) {
  const { t } = useText();
  const { data: rules } = useRules();
  const rule = rules?.find((r) => r.id === alarm.rule);
  if (!rule) return null;
  const why = names.text(rule.why);
  const first = names.text(rule.first_action);
  return (
    <section className="first-action">
      {first !== '' && (
        <>
          <h3>{t('alarm.firstAction')}</h3>
          <p>{first}</p>
        </>
      )}
      <p className="muted">
        {why} <Link to={`/rules?rule=${encodeURIComponent(rule.id)}`}>{t('alarm.toRule', { id: rule.id })}</Link>
      </p>
    </section>
  );
}

function Step({ step, names }: { step: Transition; names: Names }) {
  const { t } = useText();
  const what = t(`alarmEvent.${step.event}`);
  const to = t(`alarmState.${step.to}`);
  const why = wordsOf(step.say, step.why, names);
  return (
    <li className="step">
      <time>{formatTime(Date.parse(step.at), names.zone)}</time>
      <span>
        <b>{what}</b>
        {step.from !== step.to && to !== what && <span className="muted"> → {to}</span>}
        {step.by !== undefined && step.by !== '' && <span> · {step.by}</span>}
        {why !== '' && <span className="step-why">{why}</span>}
      </span>
    </li>
  );
}

function Facts({ alarm: a, names }: { alarm: Alarm; names: Names }) {
  const { t, time } = useText();
  const { data: tickets } = useOpenTickets();
  const own = (tickets ?? []).filter((x) => (x.alarms ?? []).includes(a.id)).map((x) => x.id);
  const links = [...new Set([...own, ...(a.ticket ? [a.ticket] : [])])];
  const at = (iso: string) => formatTime(Date.parse(iso), names.zone);
  const rows: [string, React.ReactNode][] = [
    [t('alarm.asset'), <AssetLink key="a" id={a.asset} names={names} />],
    [t('alarm.area'), names.area(names.areaOf(a.asset))],
    [t('alarm.raised'), <span key="r">{at(a.raised)} · <Age time={Date.parse(a.raised)} /></span>],
  ];
  if (a.cleared) rows.push([t('alarm.cleared'), `${at(a.cleared)} · ${t('alarm.lasted', { time: formatDuration(Date.parse(a.cleared) - Date.parse(a.raised), time) })}`]);
  if (a.acked) rows.push([t('alarm.acked'), at(a.acked)]);
  if (a.until) rows.push([t('alarm.untilLong'), at(a.until)]);
  if (a.cause) rows.push([t('alarm.cause'), <Link key="c" to={`/alarms?alarm=${a.cause}`}>{a.cause}</Link>]);
  if (links.length > 0) rows.push([t('alarm.ticket'), links.map((id) => <Link key={id} className="id-link" to={`/tickets/${id}`}>{id}</Link>)]);
  if (a.trade) rows.push([t('ticket.trade'), named(t, 'trade', a.trade)]);
  if (a.activations > 1) rows.push([t('alarm.activations'), a.activations]);
  return (
    <dl className="facts duty-facts">
      {rows.filter(([, v]) => v !== '').map(([k, v]) => (
        <div key={k}>
          <dt>{k}</dt>
          <dd>{v}</dd>
        </div>
      ))}
    </dl>
  );
}

function Known({ alarm: a, steps, names }: { alarm: Alarm; steps: readonly Transition[]; names: Names }) {
  const { t } = useText();
  const why = wordsOf(a.say, a.reason, names);
  return (
    <div className="alarm-detail">
      <p className="alarm-now">
        <AlarmStateWord state={a.state} />
        <span className="muted">{a.active ? t('alarm.activeYes') : t('alarm.activeNo')}</span>
        <MarkWords marks={a.marks} />
        {a.latch === true && <span className="tag">{t('alarm.latch')}</span>}
      </p>
      {why !== '' && (
        <p>
          {a.by !== undefined && a.by !== '' && <b>{a.by}: </b>}
          {why}
        </p>
      )}
      <FirstAction alarm={a} names={names} />
      <AlarmActions alarm={a} names={names} />
      <Facts alarm={a} names={names} />
      <section>
        <h3>{t('alarm.inputs')}</h3>
        <Inputs inputs={a.inputs ?? []} asset={a.asset} names={names} />
      </section>
      <section>
        <h3>{t('alarm.life')}</h3>
        <ol className="steps">
          {[...steps].reverse().map((s) => (
            <Step key={s.seq} step={s} names={names} />
          ))}
        </ol>
      </section>
    </div>
  );
}

/** One alarm with its whole life, beside the list; the whole screen on a phone. */
export function AlarmDrawer({ id, names, onClose }: { id: string; names: Names; onClose: () => void }) {
  const { t } = useText();
  const phone = useMedia(PHONE);
  const { data, error } = useAlarm(id);
  const a = data?.alarm;
  return (
    <Drawer
      open={id !== ''}
      size={phone ? '100%' : 560}
      onClose={onClose}
      closable={{ 'aria-label': t('form.close') }}
      title={
        a ? (
          <span className="drawer-title">
            <AlarmMark alarm={a} /> {names.text(a.title)} <span className="muted">{a.id}</span>
          </span>
        ) : (
          id
        )
      }
    >
      {data && <Known key={data.alarm.id} alarm={data.alarm} steps={data.transitions} names={names} />}
      {!data && error && <Alert type="error" showIcon title={t('alarms.error', { message: error.message })} />}
    </Drawer>
  );
}
