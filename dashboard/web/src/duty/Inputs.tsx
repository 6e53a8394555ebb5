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

interface Props {
  readonly inputs: readonly Input[];
  readonly asset: string;
  readonly names: Names;
}

/** Whether an input is a point, which has a title; else only the rule knows it, by the name in its text. */
const isPoint = (i: Input) => i.point !== undefined && i.point !== '';

function List({ inputs, asset, names }: Props) {
  return (
    <ul className="inputs">
      {inputs.map((i) => (
        <li key={i.name}>
          <span className="input-name">
            {isPoint(i) ? names.point(i.asset ?? asset, i.point ?? '') : <code>{i.name}</code>}
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

/** What a rule looks at, with quality and why it is not good: points first, then what the rule makes itself. */
export function Inputs({ inputs, asset, names }: Props) {
  const { t } = useText();
  if (inputs.length === 0) return <p className="muted">{t('alarm.noInputs')}</p>;
  const points = inputs.filter(isPoint);
  const own = inputs.filter((i) => !isPoint(i));
  return (
    <>
      {points.length > 0 && <List inputs={points} asset={asset} names={names} />}
      {own.length > 0 && (
        <>
          <p className="inputs-own">{t('alarm.ownInputs')}</p>
          <List inputs={own} asset={asset} names={names} />
        </>
      )}
    </>
  );
}
