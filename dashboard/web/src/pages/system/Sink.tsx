import type { ReaderStatus, RefusedLine, SinkStatus } from '../../api/types';
import { formatDuration } from '../../points/format';
import { type Column, DataTable } from '../../ui/DataTable';
import { named, useText } from '../../ui/useText';
import { AdviceList } from './AdviceList';
import { Count, Facts, Part } from './Part';
import { isBehind, isOwn, sinkAdvice } from './advice';

/** A place that readings are copied to, and the lines it would not take. */
export function Sink({ sink, reader, now }: { sink: SinkStatus; reader: ReaderStatus | undefined; now: number }) {
  const { t, time } = useText();
  const samples = sink.samples ?? [];
  const columns: Column<RefusedLine>[] = [
    { key: 'seq', title: t('sink.seq'), width: 110, number: true, cell: (s) => <Count n={s.seq} /> },
    { key: 'reason', title: t('sample.reason'), cell: (s) => s.reason },
    { key: 'line', title: t('sink.line'), wide: true, cell: (s) => <code>{s.line}</code> },
  ];
  return (
    <Part
      anchor={`sink-${sink.name}`}
      title={named(t, 'readers', sink.name)}
      url={isOwn(sink) ? t('sink.own') : sink.url}
      state={sink.state}
      error={sink.error}
      since={sink.since}
      now={now}
    >
      <Facts
        facts={[
          { name: t('sink.stored'), value: <Count n={sink.stored} /> },
          ...(reader ? [{ name: t('reader.lag'), value: <Count n={reader.lag} /> }] : []),
          ...(reader && isBehind(reader) ? [{ name: t('reader.lagAge'), value: formatDuration(reader.lag_age / 1e6, time), bad: true }] : []),
          { name: t('sink.refused'), value: <Count n={sink.refused} />, bad: sink.refused > 0 },
          { name: t('sink.retries'), value: <Count n={sink.retries} /> },
        ]}
      />
      <AdviceList advice={sinkAdvice(sink)} />
      {samples.length > 0 && (
        <details className="samples" open>
          <summary>{t('sink.samples', { n: samples.length })}</summary>
          <DataTable
            caption={t('sink.samples', { n: samples.length })}
            columns={columns}
            rows={samples}
            id={(s) => String(s.seq)}
          />
        </details>
      )}
    </Part>
  );
}
