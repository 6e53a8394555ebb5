import { showNumber } from '../points/display';
import { formatShort, formatTime } from '../points/format';
import { QualityMark } from '../ui/Marks';
import { useText } from '../ui/useText';
import type { Names } from './names';
import type { Input } from './types';
import { wordsOf } from './words';

function Reading({ input, asset, names }: { input: Input; asset: string; names: Names }) {
  const { t, language } = useText();
  if (input.number === null) return <>{t('value.none')}</>;
  const point = names.assets.get(input.asset ?? asset)?.points.find((p) => p.name === input.point);
  if (!point) return <>{formatShort(input.number, language)}</>;
  const { text, unit } = showNumber(point, input.number, language, t);
  return <>{`${text} ${unit}`.trim()}</>;
}

function Why({ input, names }: { input: Input; names: Names }) {
  const why = wordsOf(input.say, input.reason, names);
  return why === '' ? null : <span className="reason">{why}</span>;
}

/** What a rule looks at, with quality and why it is not good. */
export function Inputs({ inputs, asset, names }: { inputs: readonly Input[]; asset: string; names: Names }) {
  const { t } = useText();
  if (inputs.length === 0) return <p className="muted">{t('alarm.noInputs')}</p>;
  return (
    <ul className="inputs">
      {inputs.map((i) => (
        <li key={i.name}>
          <span className="input-name">
            {i.point === undefined || i.point === '' ? i.name : names.point(i.asset ?? asset, i.point)}
            {i.asset !== undefined && i.asset !== '' && i.asset !== asset && <span className="muted"> {names.asset(i.asset)}</span>}
          </span>
          <span className="input-number">
            <Reading input={i} asset={asset} names={names} />
          </span>
          {i.quality !== 'good' && (
            <span className="input-quality">
              <QualityMark quality={i.quality} /> <Why input={i} names={names} />
            </span>
          )}
          {i.time !== undefined && Date.parse(i.time) > 0 && (
            <time className="muted">{formatTime(Date.parse(i.time), names.zone, 'second')}</time>
          )}
        </li>
      ))}
    </ul>
  );
}
