import { useDescription, useEverySecond, useLine } from '../live/hooks';
import type { Line } from '../live/store';
import { formatTime } from '../points/format';
import { StateMark } from './Marks';
import { useText } from './useText';

function Lost({ line, zone }: { line: Line; zone: string | undefined }) {
  const { t } = useText();
  const wait = useEverySecond(() => Math.max(0, Math.ceil((line.retryAt - Date.now()) / 1000)));
  const since = zone === undefined ? '' : formatTime(line.since, zone, 'second');
  return (
    <div className="banner">
      <StateMark state="down" />
      <span role="alert">{since === '' ? t('line.lost') : t('line.lostSince', { since })}</span>
      <span className="muted">{wait > 0 ? t('line.retryIn', { n: wait }) : t('line.retrying')}</span>
    </div>
  );
}

/** Says at once that what is on the screen is not now. */
export function LineBanner() {
  const line = useLine();
  const zone = useDescription()?.site.timezone;
  return line.state === 'lost' ? <Lost line={line} zone={zone} /> : null;
}
