import { Button } from 'antd';
import { memo } from 'react';
import { Link } from 'react-router';
import { AssetLink } from '../../duty/AssetLink';
import { AlarmMark, AlarmStateWord, MarkWords } from '../../duty/Marks';
import type { Names } from '../../duty/names';
import { asksAck } from '../../duty/order';
import type { Alarm } from '../../duty/types';
import { wordsOf } from '../../duty/words';
import { formatTime } from '../../points/format';
import { Age } from '../../ui/Value';
import { useText } from '../../ui/useText';

export const ROW_DESK = 46; // px
export const ROW_PHONE = 126;

interface Props {
  readonly alarm: Alarm;
  readonly names: Names;
  readonly folded: number; // alarms folded into this one
  readonly cause: Alarm | undefined; // what it is folded into
  readonly to: string; // the address with this alarm open
  readonly busy: boolean;
  readonly onAck: (a: Alarm) => void;
}

/** Why an alarm is as it is, in one line. */
export function WhyAlarm({ alarm, folded, cause, names }: Pick<Props, 'alarm' | 'folded' | 'cause' | 'names'>) {
  const { t } = useText();
  return (
    <>
      {alarm.cause !== undefined && alarm.cause !== '' && <span className="tag">{t('alarm.foldedInto', { id: cause ? names.text(cause.title) : alarm.cause })}</span>}
      {folded > 0 && <span className="tag">{t('alarm.folds', { count: folded })}</span>}
      <MarkWords marks={alarm.marks} />
      {alarm.activations > 1 && <span className="tag">{t('alarm.times', { n: alarm.activations })}</span>}
      {cause ? '' : wordsOf(alarm.say, alarm.reason, names)}
    </>
  );
}

/** One alarm as a line, or as a card on a phone. */
export const AlarmRow = memo(function AlarmRow({ alarm: a, names, folded, cause, to, busy, onAck }: Props) {
  const { t } = useText();
  const over = a.state === 'normal';
  return (
    <article className={`arow arow-${a.state}`} data-alarm={a.id}>
      <span className="arow-priority">
        <AlarmMark alarm={a} />
      </span>
      <span className="arow-title">
        <Link to={to} className="stretch">
          {names.text(a.title)}
        </Link>
      </span>
      <span className="arow-asset">
        <AssetLink id={a.asset} names={names} />
        <span className="muted arow-area">{names.area(names.areaOf(a.asset))}</span>
      </span>
      <span className="arow-state">
        <AlarmStateWord state={a.state} />
        {a.until !== undefined && <span className="muted">{t('alarm.until', { at: formatTime(Date.parse(a.until), names.zone, 'minute') })}</span>}
      </span>
      <span className="arow-age" title={formatTime(Date.parse(a.raised), names.zone)}>
        {over ? <span className="muted">{formatTime(Date.parse(a.raised), names.zone).slice(5, 16)}</span> : <Age time={Date.parse(a.raised)} />}
      </span>
      <span className="arow-why">
        <WhyAlarm alarm={a} folded={folded} cause={cause} names={names} />
      </span>
      <span className="arow-do">
        {asksAck(a.state) && (
          <Button type="primary" loading={busy} onClick={() => onAck(a)} aria-label={t('alarm.ackThis', { title: names.text(a.title) })} data-testid="ack">
            {t('alarmDo.acknowledge')}
          </Button>
        )}
      </span>
    </article>
  );
});
