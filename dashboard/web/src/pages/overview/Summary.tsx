import { DutySlot } from '../../duty/DutySlot';
import { useOpenAlarms } from '../../duty/queries';
import { useText } from '../../ui/useText';
import type { Description } from '../../live/wire';
import { ActiveSlot } from './ActiveSlot';
import { Coverage } from './Coverage';
import { Recent } from './Recent';
import './summary.css';

interface Props {
  readonly description: Description;
  readonly onArea: (area: string) => void;
}

/** What somebody who comes to the screen asks first: what is wrong, what is not seen, what has just happened. */
export function Summary({ description, onArea }: Props) {
  const { t } = useText();
  const noAlarms = useOpenAlarms().isError;
  return (
    <div className={noAlarms ? 'summary summary-no-alarms' : 'summary'} role="region" aria-label={t('summary.label')} tabIndex={0}>
      <DutySlot />
      <ActiveSlot description={description} />
      <Coverage description={description} onArea={onArea} />
      <Recent zone={description.site.timezone} />
    </div>
  );
}
