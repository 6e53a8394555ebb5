import { formatShare } from '../points/format';
import { useText } from './useText';

/** A share of 0 to 1 as a bar and a figure; it turns to a warning at warnAt. */
export function Meter({ share, label, warnAt = 0.8 }: { share: number; label: string; warnAt?: number }) {
  const { language } = useText();
  const bounded = Math.min(Math.max(Number.isFinite(share) ? share : 0, 0), 1);
  const text = formatShare(share, language);
  return (
    <span className={share >= warnAt ? 'meter meter-warn' : 'meter'}>
      <span
        className="meter-bar"
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(bounded * 100)}
        aria-valuetext={text}
      >
        <span className="meter-fill" style={{ inlineSize: `${bounded * 100}%` }} />
      </span>
      <span className="meter-text">{text}</span>
    </span>
  );
}
