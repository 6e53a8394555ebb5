import { Link } from 'react-router';
import { AssetLink } from '../../duty/AssetLink';
import type { Names } from '../../duty/names';
import type { Rule } from '../../duty/ruletypes';
import { formatDuration } from '../../points/format';
import { named, useText } from '../../ui/useText';
import { watchOf } from './filter';

/** Everything a rule says: why it is there, what to do, its numbers, where it came from, what it watches. */
export function RuleDetail({ rule: r, names }: { rule: Rule; names: Names }) {
  const { t, time } = useText();
  const delay = (ns: number) => (ns > 0 ? formatDuration(ns / 1e6, time) : t('rule.noDelay'));
  const inactive = r.inactive ?? [];
  const { n, all } = watchOf(r);
  const rows: [string, React.ReactNode][] = [
    [t('dutyFilter.priority'), `${r.priority} ${t(`priority.${r.priority}`)}`],
    [t('form.class'), t(`ticketClass.${r.class}`)],
    ...(r.trade ? [[t('ticket.trade'), named(t, 'trade', r.trade)] as [string, string]] : []),
    [t('rule.onDelay'), delay(r.on_delay)],
    [t('rule.offDelay'), delay(r.off_delay)],
    ...(r.latch === true ? [[t('alarm.latch'), t('bool.yes.true')] as [string, string]] : []),
    [t('rule.pack'), named(t, 'kind', r.pack)],
    ...(r.source ? [[t('rule.source'), r.source] as [string, string]] : []),
  ];
  return (
    <div className="alarm-detail">
      {r.needs !== undefined && <p className="rule-needs">{t('rule.needs', { what: names.text(r.needs) })}</p>}
      <section>
        <h3>{t('rule.why')}</h3>
        <p>{names.text(r.why)}</p>
      </section>
      <section className="first-action">
        <h3>{t('alarm.firstAction')}</h3>
        <p>{names.text(r.first_action)}</p>
      </section>
      <section>
        <h3>{t('rule.condition')}</h3>
        <pre className="condition" tabIndex={0}>
          {r.condition}
        </pre>
      </section>
      <dl className="facts">
        {rows.map(([k, v]) => (
          <div key={k}>
            <dt>{k}</dt>
            <dd>{v}</dd>
          </div>
        ))}
      </dl>
      <section>
        <h3>
          {n === all ? t('rule.watches', { n }) : t('rule.watchesOf', { n, all })} {r.assets.length > 0 && <Link to={`/alarms?tab=history&rule=${encodeURIComponent(r.id)}`}>{t('rule.toAlarms')}</Link>}
        </h3>
        <ul className="rule-assets">
          {r.assets.map((id) => (
            <li key={id}>
              <AssetLink id={id} names={names} />
            </li>
          ))}
        </ul>
      </section>
      {inactive.length > 0 && (
        <details className="samples">
          <summary>{t('rule.notWatching', { n: inactive.length })}</summary>
          <ul>
            {inactive.map((i) => (
              <li key={i.asset}>
                <AssetLink id={i.asset} names={names} /> <span className="muted">{names.text(i.why)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
