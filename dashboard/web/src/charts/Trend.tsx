import { useMemo } from 'react';
import { Link } from 'react-router';
import type { Asset, Point } from '../api/types';
import { textIn } from '../points/format';
import { useText } from '../ui/useText';
import { Chart } from './Chart';
import type { Line } from './line';
import { type Span, writeSpan } from './window';

interface Props {
  readonly asset: Asset;
  readonly points: readonly Point[];
  readonly span: Span;
  readonly zone: string;
  readonly onSpan: (s: Span) => void;
}

/** The trend of some points of one asset. */
export default function Trend({ asset, points, span, zone, onSpan }: Props) {
  const { t, language } = useText();
  const lines = useMemo<Line[]>(() => points.map((point, style) => ({ asset, point, style })), [asset, points]);
  const q = new URLSearchParams({ p: points.map((p) => `${asset.id}/${p.name}`).join(','), range: writeSpan(span) });
  return (
    <Chart
      title={t('trend.title')}
      file={textIn(asset.name, language) || asset.id}
      lines={lines}
      span={span}
      zone={zone}
      withAsset={false}
      onSpan={onSpan}
    >
      <Link className="ant-btn ant-btn-sm trend-compare" to={`/compare?${q}`}>
        {t('trend.compare')}
      </Link>
    </Chart>
  );
}
