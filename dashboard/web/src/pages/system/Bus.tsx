import { Link } from 'react-router';
import type { Asset, BusStatus, SystemStatus, UnitStatus } from '../../api/types';
import { spoken } from '../../duty/words';
import { formatDuration, formatShare, formatTime, pointTitle, textIn } from '../../points/format';
import { type Column, DataTable } from '../../ui/DataTable';
import { QualityMark, StateMark } from '../../ui/Marks';
import { Meter } from '../../ui/Meter';
import { type Words, useText } from '../../ui/useText';
import { AdviceList } from './AdviceList';
import { Count, Facts, Part, Rate } from './Part';
import { busAdvice, isIll, tooMany } from './advice';

interface Props {
  readonly bus: BusStatus;
  readonly said: SystemStatus['words'];
  readonly assets: readonly Asset[];
  readonly now: number;
  readonly zone: string;
}

function AssetLinks({ ids, assets }: { ids: readonly string[]; assets: readonly Asset[] }) {
  const { language } = useText();
  return (
    <>
      {ids.map((id, i) => {
        const asset = assets.find((a) => a.id === id);
        return (
          <span key={id}>
            {i > 0 && ' · '}
            <Link to={`/assets/${encodeURIComponent(id)}`}>{asset ? textIn(asset.name, language) : id}</Link>
          </span>
        );
      })}
    </>
  );
}

/** A unit's own state, but for a bus that is down: nothing on it is any better. */
function UnitState({ unit, bus, now, zone }: { unit: UnitStatus; bus: BusStatus; now: number; zone: string }) {
  const { t, time } = useText();
  if (bus.state === 'down') return <StateMark state="down" />;
  if (!unit.quarantined) return <StateMark state={unit.error ? 'warning' : 'up'} />;
  const probe = unit.next_probe === undefined ? NaN : Date.parse(unit.next_probe);
  return (
    <>
      <QualityMark quality="lost" /> {t('unit.quarantined')}
      {probe > 0 && (
        <span className="muted" title={formatTime(probe, zone)}>
          {' '}
          {probe > now ? t('unit.probeIn', { time: formatDuration(probe - now, time) }) : t('unit.probing')}
        </span>
      )}
    </>
  );
}

function Trouble({ unit, said, assets }: { unit: UnitStatus; said: SystemStatus['words']; assets: readonly Asset[] }) {
  const { language } = useText();
  const bad = unit.bad_points ?? [];
  return (
    <>
      {unit.error !== undefined && unit.error !== '' && <span className="reason">{spoken(said, unit.error, language)}</span>}
      {bad.length > 0 && (
        <ul className="bad-points">
          {bad.map((b) => {
            const point = assets.find((a) => a.id === b.asset)?.points.find((p) => p.name === b.point);
            return (
              <li key={`${b.asset}/${b.point}`}>
                <QualityMark quality="bad" /> {point ? pointTitle(point, language) : b.point}{' '}
                <span className="reason">{spoken(said, b.reason, language)}</span>
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}

function columns({ t }: Words, { bus, said, assets, now, zone }: Props): Column<UnitStatus>[] {
  return [
    { key: 'unit', title: t('unit.unit'), width: 60, number: true, cell: (u) => u.unit },
    { key: 'assets', title: t('unit.assets'), cell: (u) => <AssetLinks ids={u.assets ?? []} assets={assets} /> },
    { key: 'state', title: t('unit.state'), width: 240, cell: (u) => <UnitState unit={u} bus={bus} now={now} zone={zone} /> },
    { key: 'line', title: t('bus.lineTime'), width: 170, cell: (u) => <Meter share={u.line_time} label={t('bus.lineTime')} /> },
    { key: 'requests', title: t('bus.requests'), width: 100, number: true, cell: (u) => <Count n={u.requests} /> },
    { key: 'errors', title: t('bus.errors'), width: 120, number: true, cell: (u) => <Rate n={u.errors} of={u.requests} /> },
    { key: 'trouble', title: t('unit.trouble'), wide: true, cell: (u) => <Trouble unit={u} said={said} assets={assets} /> },
  ];
}

const LABELLED = 0.05; // of the line: less has no room for its number, and is no matter

/** Who has the line, as shares of it; what is left is free. */
function LineUse({ units, assets }: { units: readonly UnitStatus[]; assets: readonly Asset[] }) {
  const { t, language } = useText();
  const using = units.filter((u) => u.line_time > 0.001).sort((a, b) => b.line_time - a.line_time);
  if (using.length === 0) return null;
  const nameOf = (u: UnitStatus) =>
    (u.assets ?? [])
      .map((id) => {
        const asset = assets.find((a) => a.id === id);
        return asset ? textIn(asset.name, language) : id;
      })
      .join(', ');
  return (
    <div className="line-use" role="img" aria-label={t('bus.usedBy', { units: using.map((u) => `${u.unit}: ${formatShare(u.line_time, language)}`).join(', ') })}>
      {using.map((u) => (
        <span key={u.unit} style={{ inlineSize: `${Math.min(u.line_time, 1) * 100}%` }} title={`${u.unit} · ${nameOf(u)} · ${formatShare(u.line_time, language)}`}>
          {u.line_time >= LABELLED && `${u.unit} · ${formatShare(u.line_time, language)}`}
        </span>
      ))}
    </div>
  );
}

/** One Modbus bus and the units on it. */
export function Bus(props: Props) {
  const { bus, said, now, assets } = props;
  const words = useText();
  const { t, language } = words;
  const units = bus.units ?? [];
  const ill = units.filter(isIll);
  return (
    <Part
      anchor={`bus-${bus.id}`}
      title={bus.id}
      url={bus.url}
      state={bus.state}
      error={spoken(said, bus.error, language)}
      since={bus.since}
      now={now}
    >
      <Facts
        facts={[
          { name: t('bus.lineTime'), value: <Meter share={bus.line_time} label={t('bus.lineTime')} /> },
          { name: t('bus.requests'), value: <Count n={bus.requests} /> },
          { name: t('bus.errors'), value: <Rate n={bus.errors} of={bus.requests} />, bad: tooMany(bus.errors, bus.requests) },
          { name: t('bus.timeouts'), value: <Rate n={bus.timeouts} of={bus.requests} />, bad: tooMany(bus.timeouts, bus.requests) },
          { name: t('bus.strays'), value: <Count n={bus.strays} /> },
        ]}
      />
      <AdviceList advice={busAdvice(bus)} />
      {bus.line_time >= LABELLED && <LineUse units={units} assets={assets} />}
      {units.length > 0 && (
        <details className="samples" open={bus.state !== 'up' || ill.length > 0}>
          <summary>{ill.length > 0 ? t('unit.someIll', { n: units.length, ill: ill.length }) : t('unit.allWell', { n: units.length })}</summary>
          <DataTable
            caption={t('unit.caption', { bus: bus.id })}
            columns={columns(words, props)}
            rows={[...ill, ...units.filter((u) => !ill.includes(u))]}
            id={(u) => String(u.unit)}
          />
        </details>
      )}
    </Part>
  );
}
