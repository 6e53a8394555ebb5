import { type ReactNode, createContext, use, useMemo } from 'react';
import { Link } from 'react-router';
import { textIn } from '../points/format';
import { useText } from '../ui/useText';
import { AlarmMark, AlarmStateWord, PriorityShape, lookOf } from './Marks';
import { useNames } from './names';
import { asksAck, askingByAsset } from './order';
import { useOpenAlarms } from './queries';
import type { Alarm } from './types';
import './duty.css';

const SHOWN = 3;
const NONE: readonly Alarm[] = [];
const Asking = createContext<ReadonlyMap<string, readonly Alarm[]>>(new Map());

/** Tells everything below which alarms ask for somebody, by asset: asked for once, however many cards there are. */
export function AlarmsByAsset({ children }: { children: ReactNode }) {
  const { data } = useOpenAlarms();
  const asking = useMemo(() => askingByAsset(data ?? NONE), [data]);
  return <Asking value={asking}>{children}</Asking>;
}

/** The most urgent alarm of an asset as its shape: points that look normal do not say that all is well. */
export function AssetAlarm({ asset }: { asset: string }) {
  const { t, language } = useText();
  const worst = use(Asking).get(asset)?.[0];
  if (!worst) return null;
  const said = `${worst.priority} ${textIn(worst.title, language)} · ${t(`alarmState.${worst.state}`)}`;
  return (
    <span className="asset-alarm" title={said}>
      <PriorityShape priority={worst.priority} look={lookOf(worst)} blink={asksAck(worst.state)} />
      <span className="sr">{said}</span>
    </span>
  );
}

/** What an asset's alarms ask, with the way to them; nothing when there are none. */
export function AssetAsks({ asset }: { asset: string }) {
  const { t } = useText();
  const names = useNames();
  const own = use(Asking).get(asset) ?? NONE;
  if (own.length === 0) return null;
  return (
    <ul className="asset-asks" aria-label={t('alarms.title')}>
      {own.slice(0, SHOWN).map((a) => (
        <li key={a.id}>
          <Link to={`/alarms?alarm=${a.id}`}>
            <AlarmMark alarm={a} /> <b>{names.text(a.title)}</b> <AlarmStateWord state={a.state} />
          </Link>
        </li>
      ))}
      {own.length > SHOWN && (
        <li>
          <Link to={`/alarms?asset=${encodeURIComponent(asset)}`}>{t('overview.andMore', { n: own.length - SHOWN })}</Link>
        </li>
      )}
    </ul>
  );
}
