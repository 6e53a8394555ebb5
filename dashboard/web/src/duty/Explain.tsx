import { Alert } from 'antd';
import { Link } from 'react-router';
import { formatNumber } from '../points/format';
import { Age } from '../ui/Value';
import { useText } from '../ui/useText';
import { Inputs } from './Inputs';
import { AlarmStateWord, PriorityMark } from './Marks';
import type { Names } from './names';
import { isAside } from './order';
import { useExplain } from './queries';
import type { Explanation } from './ruletypes';

/** What alarms first, then what cannot be judged, then the quiet ones. */
function weight(x: Explanation): number {
  if (x.state !== 'normal') return isAside(x.state) ? 1 : 0;
  return x.truth === 'true' ? 2 : x.truth === 'unknown' ? 3 : 4;
}

const numberText = (n: number, language: 'zh' | 'en') => formatNumber(n, Number.isInteger(n) ? 0 : 2, language);

function One({ rule: x, names }: { rule: Explanation; names: Names }) {
  const { t, language } = useText();
  const numbers = Object.entries(x.numbers ?? {});
  const word = x.state !== 'normal' ? null : t(`truth.${x.truth}`);
  return (
    <details className={`explain truth-${x.truth}`} open={x.state !== 'normal' && !isAside(x.state)} data-rule={x.id}>
      <summary>
        <PriorityMark priority={x.priority} look={x.state === 'normal' || isAside(x.state) ? 'aside' : 'full'} />
        <span className="explain-title">{names.text(x.title)}</span>
        <span className="explain-state">{word ?? <AlarmStateWord state={x.state} />}</span>
        <span className="explain-verdict">{names.text(x.verdict)}</span>
      </summary>
      <div className="explain-body">
        {x.since !== undefined && Date.parse(x.since) > 0 && (
          <p className="muted">
            {t(`truth.${x.truth}`)} · <Age time={Date.parse(x.since)} />
          </p>
        )}
        <Inputs inputs={x.present} asset={x.asset} names={names} />
        <pre className="condition" tabIndex={0} aria-label={t('rule.condition')}>
          {x.condition}
        </pre>
        {numbers.length > 0 && (
          <p>
            <span className="muted">{t('rule.numbers')} </span>
            {numbers.map(([k, v]) => `${k} = ${numberText(v, language)}`).join(' · ')}
          </p>
        )}
        <p>
          <Link to={`/rules?rule=${encodeURIComponent(x.id)}`}>{t('alarm.toRule', { id: x.id })}</Link>{' '}
          {x.alarm !== undefined && x.alarm !== '' && <Link to={`/alarms?alarm=${x.alarm}`}>{x.alarm}</Link>}
        </p>
      </div>
    </details>
  );
}

/** Every rule of an asset: why it is or is not alarming now. */
export function Explain({ asset, names }: { asset: string; names: Names }) {
  const { t } = useText();
  const { data, error } = useExplain(asset);
  const watching = (data ?? []).filter((x) => x.watching).sort((a, b) => weight(a) - weight(b) || a.id.localeCompare(b.id));
  const idle = (data ?? []).filter((x) => !x.watching);
  return (
    <section className="panel explains" aria-label={t('explain.title')}>
      <h2>{t('explain.title')}</h2>
      {error && <Alert type="error" showIcon title={t('rules.error', { message: error.message })} />}
      {data?.length === 0 && <p className="muted">{t('explain.none')}</p>}
      {watching.map((x) => (
        <One key={x.id} rule={x} names={names} />
      ))}
      {idle.length > 0 && (
        <details className="explain-idle">
          <summary>{t('explain.idle', { count: idle.length })}</summary>
          <ul>
            {idle.map((x) => (
              <li key={x.id}>
                <Link to={`/rules?rule=${encodeURIComponent(x.id)}`}>{names.text(x.title)}</Link> <span className="muted">{names.text(x.verdict)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
