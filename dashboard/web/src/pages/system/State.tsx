import type { Language, StateStatus, SystemStatus } from '../../api/types';
import { formatBytes, formatDuration, formatTime } from '../../points/format';
import { useText } from '../../ui/useText';
import { AdviceList } from './AdviceList';
import { Count, Facts, Part } from './Part';
import { isBackupOld, stateAdvice } from './advice';
import { stateHealth } from './health';

const COUNTED = ['alarms', 'tickets', 'audit'] as const;

/** The file and, beside it, photos. */
function sizeOf(k: StateStatus, language: Language): string {
  const photos = k.photo_bytes ?? 0;
  return formatBytes(k.bytes ?? 0, language) + (photos > 0 ? ` + ${formatBytes(photos, language)}` : '');
}

/** The file that has alarms and tickets: whether it takes what is saved, and when it was looked through and copied. */
export function State({ state: k, system, zone }: { state: StateStatus; system: SystemStatus; zone: string }) {
  const { t, language, time } = useText();
  const health = stateHealth(k);
  const backup = k.backup === undefined ? NaN : Date.parse(k.backup);
  const since = k.error_since === undefined ? NaN : Date.parse(k.error_since);
  const aside = k.aside_at === undefined ? NaN : Date.parse(k.aside_at);
  const unreadable = k.unreadable ?? 0;
  return (
    <Part
      anchor="state"
      title={t('statePart.title')}
      url={k.path}
      state={health.state}
      error={health.error}
      {...(health.state === 'down' && since > 0 && { since: k.error_since })}
      now={system.now}
    >
      <Facts
        facts={[
          {
            name: t('statePart.backup'),
            value: backup > 0 ? <span title={formatTime(backup, zone)}>{t('statePart.ago', { time: formatDuration(Math.max(0, system.now - backup), time) })}</span> : t('value.never'),
            bad: isBackupOld(k, system),
          },
          { name: t('statePart.size'), value: sizeOf(k, language) },
          ...COUNTED.flatMap((table) => (k.rows?.[table] === undefined ? [] : [{ name: t(`statePart.${table}`), value: <Count n={k.rows[table]} /> }])),
          { name: t('statePart.keep'), value: (k.keep ?? 0) > 0 ? formatDuration((k.keep ?? 0) / 1e6, time) : t('statePart.forEver') },
          { name: t('journal.commits'), value: <Count n={k.commits} /> },
          { name: t('statePart.refused'), value: <Count n={k.refused} />, bad: k.refused > 0 },
          ...(unreadable > 0 ? [{ name: t('statePart.unreadable'), value: <Count n={unreadable} />, bad: true }] : []),
          ...((k.aside ?? '') === ''
            ? []
            : [{ name: t('statePart.aside'), value: <>{k.aside}{aside > 0 && ` · ${formatTime(aside, zone)}`}</>, bad: true }]),
        ]}
      />
      <AdviceList advice={stateAdvice(k, system)} />
    </Part>
  );
}
