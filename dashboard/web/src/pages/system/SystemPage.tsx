import { Alert } from 'antd';
import { useSystem } from '../../api/queries';
import { useDescription, useLine } from '../../live/hooks';
import { formatDuration } from '../../points/format';
import { useText } from '../../ui/useText';
import { AuditLog } from './AuditLog';
import { Books, useBooks } from './Books';
import { Broker } from './Broker';
import { Bus } from './Bus';
import { Journal } from './Journal';
import { Rules } from './Rules';
import { Sink } from './Sink';
import { State } from './State';
import { Summary } from './Summary';
import { isBalanced } from './books';
import { entries, readerOf } from './health';
import './system.css';

/** The health of every wire, the journal, everything that is copied to, the rules and what they keep. */
export default function SystemPage() {
  const { t, time } = useText();
  const description = useDescription();
  const { data, error } = useSystem();
  const books = useBooks().data;
  // Figures of a gateway that has gone silent are old before their next poll fails.
  const old = useLine().state !== 'live' || error !== null;
  const zone = description?.site.timezone ?? 'UTC';
  if (!data) {
    return error ? (
      <Alert type="error" showIcon title={t('system.error', { message: error.message })} />
    ) : (
      <p className="muted">{t('loading')}</p>
    );
  }
  const buses = data.buses ?? [];
  const brokers = data.brokers ?? [];
  const sinks = data.sinks ?? [];
  const assets = description?.assets ?? [];
  return (
    <div className={old ? 'system outdated' : 'system'}>
      <h1>{t('system.title')}</h1>
      <p className="muted">
        {t('system.version', { version: data.version })} ·{' '}
        {t('system.up', { time: formatDuration(data.now - Date.parse(data.started), time) })}
      </p>
      {error && <Alert type="error" showIcon title={t('system.outdated', { message: error.message })} />}
      {!old && <Summary all={entries(data, books?.some((h) => !isBalanced(h)) === true)} />}
      <h2>{t('system.buses')}</h2>
      {buses.length === 0 && <p className="muted">{t('system.none')}</p>}
      {buses.map((b) => (
        <Bus key={b.id} bus={b} said={data.words} assets={assets} now={data.now} zone={zone} />
      ))}
      <h2>{t('system.brokers')}</h2>
      {brokers.length === 0 && <p className="muted">{t('system.none')}</p>}
      {brokers.map((b) => (
        <Broker key={b.id} broker={b} said={data.words} now={data.now} zone={zone} />
      ))}
      <h2>{t('system.journal')}</h2>
      <Journal journal={data.journal} now={data.now} />
      <h2>{t('system.sinks')}</h2>
      {sinks.length === 0 && <p className="muted">{t('system.none')}</p>}
      {sinks.map((s) => (
        <Sink key={s.name} sink={s} reader={readerOf(data.journal, s.name)} now={data.now} />
      ))}
      {data.rules && (
        <>
          <h2>{t('rules.title')}</h2>
          <Rules rules={data.rules} journal={data.journal} now={data.now} />
        </>
      )}
      {data.state && (
        <>
          <h2>{t('statePart.heading')}</h2>
          <State state={data.state} system={data} zone={zone} />
        </>
      )}
      <h2>{t('books.title')}</h2>
      <Books zone={zone} />
      <h2>{t('audit.title')}</h2>
      <AuditLog zone={zone} />
    </div>
  );
}
