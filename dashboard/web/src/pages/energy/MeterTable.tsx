import { Link } from 'react-router';
import { formatNumber, formatTime, textIn } from '../../points/format';
import { type Column, DataTable } from '../../ui/DataTable';
import { useText } from '../../ui/useText';
import type { Peak } from './load';
import type { MeterPoint } from './meters';
import type { Compared } from './periods';

export interface MeterRow {
  readonly meter: MeterPoint;
  readonly compared: Compared;
  readonly peak: Peak | null;
}

interface Props {
  readonly rows: readonly MeterRow[];
  readonly unit: string;
  readonly peakUnit: string;
  readonly zone: string;
}

/** What each meter counted, beside the time before, and its highest load. */
export function MeterTable({ rows, unit, peakUnit, zone }: Props) {
  const { t, language } = useText();
  const say = (n: number | null, decimals: number) => (n === null ? t('value.none') : formatNumber(n, decimals, language));
  const columns: Column<MeterRow>[] = [
    {
      key: 'name',
      title: t('energy.meter'),
      cell: ({ meter: { asset } }) => <Link to={`/assets/${encodeURIComponent(asset.id)}`}>{textIn(asset.name, language) || asset.id}</Link>,
    },
    { key: 'sum', title: t('energy.sumIn', { unit }), width: 150, number: true, cell: (r) => say(r.compared.sum, r.meter.point.decimals) },
    { key: 'total', title: t('energy.overIn', { unit }), width: 150, number: true, cell: (r) => say(r.compared.total, r.meter.point.decimals) },
    { key: 'before', title: t('energy.beforeIn', { unit }), width: 150, number: true, cell: (r) => say(r.compared.totalBefore, r.meter.point.decimals) },
    { key: 'change', title: t('energy.change'), width: 110, number: true, cell: (r) => <Change share={r.compared.change} /> },
    {
      key: 'peak',
      title: t('energy.peakIn', { unit: peakUnit }),
      width: 260,
      number: true,
      wide: true,
      cell: ({ peak, meter }) =>
        peak ? (
          <>
            {say(peak.value, meter.power?.decimals ?? meter.point.decimals)} <span className="muted">{formatTime(peak.at, zone).slice(0, 16)}</span>
          </>
        ) : (
          t('value.none')
        ),
    },
  ];
  return <DataTable caption={t('energy.meters')} columns={columns} rows={rows} id={(r) => r.meter.asset.id} />;
}

/** A share of more or less, with a shape beside its sign. */
export function Change({ share }: { share: number | null }) {
  const { t, language } = useText();
  if (share === null) return <>{t('value.none')}</>;
  const percent = formatNumber(Math.abs(share) * 100, 1, language);
  return (
    <span className="number">
      {share > 0 ? `▲ +${percent}` : share < 0 ? `▼ −${percent}` : percent} %
    </span>
  );
}
