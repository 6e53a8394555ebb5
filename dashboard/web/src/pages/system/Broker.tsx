import type { BrokerStatus, MessageSample, SystemStatus } from '../../api/types';
import { formatShort, formatTime } from '../../points/format';
import { spoken } from '../../duty/words';
import { type Column, DataTable } from '../../ui/DataTable';
import { useText } from '../../ui/useText';
import { AdviceList } from './AdviceList';
import { Count, Facts, Part, Rate } from './Part';
import { brokerAdvice } from './advice';

/** One MQTT connection, and what came that nobody could use. */
export function Broker({ broker, said, now, zone }: { broker: BrokerStatus; said: SystemStatus['words']; now: number; zone: string }) {
  const { t, language } = useText();
  const samples = broker.samples ?? [];
  const columns: Column<MessageSample>[] = [
    { key: 'time', title: t('sample.time'), width: 190, cell: (s) => formatTime(Date.parse(s.time), zone) },
    { key: 'topic', title: t('sample.topic'), cell: (s) => <code>{s.topic}</code> },
    { key: 'reason', title: t('sample.reason'), cell: (s) => spoken(said, s.reason, language) },
    { key: 'payload', title: t('sample.payload'), wide: true, cell: (s) => <code>{s.payload}</code> },
  ];
  return (
    <Part
      anchor={`broker-${broker.id}`}
      title={broker.id}
      url={broker.url}
      state={broker.state}
      error={spoken(said, broker.error, language)}
      since={broker.since}
      now={now}
    >
      <Facts
        facts={[
          { name: t('broker.rate'), value: t('broker.perSecond', { n: formatShort(broker.rate, language) }) },
          { name: t('broker.received'), value: <Count n={broker.received} /> },
          { name: t('broker.acked'), value: <Count n={broker.acked} /> },
          { name: t('broker.queue'), value: <Count n={broker.queue} /> },
          { name: t('broker.unknown'), value: <Rate n={broker.unknown} of={broker.received} />, bad: broker.unknown > 0 },
          { name: t('broker.undecodable'), value: <Rate n={broker.undecodable} of={broker.received} />, bad: broker.undecodable > 0 },
        ]}
      />
      <AdviceList advice={brokerAdvice(broker)} />
      {samples.length > 0 && (
        <details className="samples" open>
          <summary>{t('broker.samples', { n: samples.length })}</summary>
          <DataTable
            caption={t('broker.samples', { n: samples.length })}
            columns={columns}
            rows={samples}
            id={(s) => `${s.time}|${s.topic}|${s.payload}`}
          />
        </details>
      )}
    </Part>
  );
}
