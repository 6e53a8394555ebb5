import { useMemo, useState } from 'react';
import type { Asset } from '../../api/types';
import { Chart } from '../../charts/Chart';
import { MAX_TRENDS } from '../../charts/limits';
import type { Line } from '../../charts/line';
import type { Span } from '../../charts/window';
import { textIn } from '../../points/format';
import { useText } from '../../ui/useText';
import type { Frozen } from './frozen';

const AFTER_MS = 10 * 60_000; // what came next says whether it went on

/** The points of the fault from half an hour before the ticket. */
export default function FrozenTrend({ asset, frozen, zone }: { asset: Asset; frozen: Frozen; zone: string }) {
  const { t, language } = useText();
  const [span, setSpan] = useState<Span>({ live: false, from: frozen.from, to: frozen.to + AFTER_MS });
  const names = frozen.points.join(',');
  const lines = useMemo<Line[]>(
    () =>
      names
        .split(',')
        .flatMap((n) => asset.points.filter((p) => p.name === n))
        .slice(0, MAX_TRENDS)
        .map((point, style) => ({ asset, point, style })),
    [asset, names],
  );
  return (
    <Chart
      title={t('ticket.frozen')}
      file={textIn(asset.name, language) || asset.id}
      lines={lines}
      span={span}
      zone={zone}
      withAsset={false}
      onSpan={setSpan}
    />
  );
}
