import { useText } from '../../ui/useText';
import type { Advice } from './advice';

/** What a person can do about it, where something is wrong. */
export function AdviceList({ advice }: { advice: readonly Advice[] }) {
  const { t } = useText();
  if (advice.length === 0) return null;
  return (
    <ul className="advice" aria-label={t('advice.label')}>
      {advice.map((a) => (
        <li key={a}>
          <b>{t('advice.do')}</b> {t(`advice.${a}`)}
        </li>
      ))}
    </ul>
  );
}
