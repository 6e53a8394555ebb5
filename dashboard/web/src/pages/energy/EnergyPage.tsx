import { Alert } from 'antd';
import { useMemo } from 'react';
import { fileName, saveCSV } from '../../charts/csv';
import { isoIn } from '../../charts/zone';
import { useDescription, useEverySecond } from '../../live/hooks';
import type { Description } from '../../live/wire';
import { formatNumber, formatTime, formatUnit, textIn } from '../../points/format';
import { useAddressState } from '../../ui/useAddressState';
import { useText } from '../../ui/useText';
import { BarChart } from './BarChart';
import { EnergyBar } from './EnergyBar';
import { HeatMapView } from './HeatMapView';
import { Change, type MeterRow, MeterTable } from './MeterTable';
import { readEnergy, writeEnergy } from './choice';
import { barSpan } from './labels';
import { heatOf, peakOf, sumOf } from './load';
import { MEDIA, countedTwice, firstMeters, metersOf } from './meters';
import { COUNT, beginOf, compare, firstOf, together } from './periods';
import { DEMAND_MS, useBars, useLoads } from './useEnergy';
import './energy.css';

const MINUTE = 60_000;
const LEAST_HEAT = 14 * 24 * 60 * MINUTE; // a load curve of one day says little

function Known({ description }: { description: Description }) {
  const { t, language } = useText();
  const [choice, set] = useAddressState(readEnergy, writeEnergy);
  const { assets, site } = description;
  const zone = site.timezone;
  const now = useEverySecond((ms) => Math.floor(ms / MINUTE) * MINUTE);
  const { every, medium } = choice;
  const media = useMemo(() => MEDIA.filter((m) => metersOf(assets, m).length > 0), [assets]);
  const all = useMemo(() => metersOf(assets, medium), [assets, medium]);
  const chosen = useMemo(() => choice.meters ?? firstMeters(all, assets), [choice.meters, all, assets]);
  const meters = useMemo(() => all.filter((m) => chosen.includes(m.asset.id)), [all, chosen]);
  const twice = useMemo(() => countedTwice(meters, assets), [meters, assets]);

  // Whole hours, so that the questions stay the same from minute to minute.
  const to = choice.end ?? Math.ceil((now + 1) / (60 * MINUTE)) * 60 * MINUTE - 1;
  const n = COUNT[every];
  const bars = useBars(meters, every, firstOf(every, 2 * n, to, zone), to, choice.end === null);
  const loadFrom = Math.min(beginOf(every, firstOf(every, n, to, zone), zone), beginOf('day', to - LEAST_HEAT, zone));
  const loads = useLoads(meters, loadFrom, to, choice.end === null);

  const each = meters.map((_, i) => compare(bars.data[i] ?? [], n, now));
  const sum = useMemo(() => compare(together(bars.data.flatMap((b) => (b ? [b] : []))), n, now), [bars.data, n, now]);
  const first = sum.now[0]?.start ?? loadFrom;
  const last = sum.now.at(-1)?.end ?? to;
  const load = useMemo(() => sumOf(loads.data.flatMap((l) => (l ? [l] : []))), [loads.data]);
  const powered = meters.length > 0 && meters.every((m) => m.power !== null);
  const heat = useMemo(() => heatOf(load, zone, powered), [load, zone, powered]);
  const peak = useMemo(() => peakOf(load, first, last), [load, first, last]);

  const unit = formatUnit(all[0]?.point.unit);
  const peakUnit = powered ? 'kW' : `${unit}/h`;
  const decimals = meters[0]?.point.decimals ?? 0;
  const powerDecimals = powered ? 1 : decimals;
  const say = (x: number | null, d = decimals) => (x === null ? t('value.none') : formatNumber(x, d, language));
  const rows = meters.map((meter, i): MeterRow => ({
    meter,
    compared: each[i] ?? compare([], n, now),
    peak: peakOf(loads.data[i] ?? [], first, last),
  }));
  const until = (at: number) => at + (powered ? DEMAND_MS : 60 * MINUTE);

  const csv = () => {
    const head = [
      t('energy.csvStart', { zone }),
      t('energy.csvPeriod'),
      ...meters.flatMap((m) => {
        const name = textIn(m.asset.name, language) || m.asset.id;
        return [`${name} [${unit}]`, `${name} ${t('energy.csvMark')}`];
      }),
      t('energy.csvSum', { unit }),
      t('energy.csvBefore', { unit }),
    ];
    const marks = (b: { estimated: boolean; reset: boolean; amount: number | null } | undefined) =>
      [b?.estimated ? t('energy.estimated') : '', b?.reset ? t('energy.reset') : '', b?.amount === null ? t('energy.unknown') : ''].filter(Boolean).join(' ');
    const lines = sum.now.map((b, i) => [
      isoIn(b.start, zone),
      barSpan(b, every, zone),
      ...each.flatMap((c) => {
        const own = c.now.find((x) => x.start === b.start);
        return [own?.amount ?? null, marks(own)];
      }),
      b.amount,
      sum.before[i]?.amount ?? null,
    ]);
    const range = [first, last - 1000].map((ms) => formatTime(ms, zone).slice(0, 10).replaceAll('-', ''));
    saveCSV([head, ...lines], fileName([t(`energy.media.${medium}`), t(`energy.by.${every}`), ...range], 'csv'));
  };

  const title = t('energy.barsTitle', { medium: t(`energy.media.${medium}`), by: t(`energy.by.${every}`) });
  const error = bars.error ?? loads.error;
  return (
    <div className="energy" data-loading={bars.waiting || loads.waiting}>
      <h1>{t('energy.title')}</h1>
      <EnergyBar choice={choice} set={set} media={media} all={all} chosen={chosen} now={now} zone={zone} onCSV={csv} />
      {error && <Alert type="error" showIcon title={t('trend.error', { message: error.message })} />}
      {all.length === 0 && <p className="muted">{t('energy.noMeters')}</p>}
      {meters.length > 0 && (
        <>
          <dl className="facts panel energy-facts">
            <Fact name={t('energy.sum', { from: formatTime(first, zone).slice(0, 10), to: formatTime(last - 1000, zone).slice(0, 10) })} value={say(sum.sum)} unit={unit} />
            <Fact name={t('energy.over', { n: sum.compared })} value={say(sum.total)} unit={unit} />
            <Fact name={t('energy.before', { n: sum.compared })} value={say(sum.totalBefore)} unit={unit} />
            <div>
              <dt>{t('energy.change')}</dt>
              <dd className="energy-figure">
                <Change share={sum.change} />
              </dd>
            </div>
            <div>
              <dt>{powered ? t('energy.peakDemand') : t('energy.peakHour')}</dt>
              <dd className="energy-figure">
                {peak ? `${say(peak.value, powerDecimals)} ${peakUnit}` : t('value.none')}
                {peak && (
                  <span className="energy-when">{`${formatTime(peak.at, zone).slice(0, 16)}–${formatTime(until(peak.at), zone, 'minute')}`}</span>
                )}
              </dd>
            </div>
          </dl>
          {twice.length > 0 && (
            <p className="energy-twice">
              {t('energy.twice', {
                count: twice.length,
                inner: twice.map((x) => textIn(x.inner.name, language) || x.inner.id).join(', '),
                outer: [...new Set(twice.map((x) => textIn(x.outer.name, language) || x.outer.id))].join(', '),
              })}
            </p>
          )}
          <section className="panel" aria-label={title}>
            <h2>{title}</h2>
            <BarChart compared={sum} every={every} unit={unit} decimals={decimals} zone={zone} at={now} title={title} />
          </section>
          <section className="panel" aria-label={t('energy.heat')}>
            <h2>{t('energy.heat')}</h2>
            {heat.days.length > 0 ? (
              <HeatMapView
                heat={heat}
                unit={peakUnit}
                decimals={powerDecimals}
                label={t('energy.heatOf', { least: `${say(heat.least, powerDecimals)} ${peakUnit}`, most: `${say(heat.most, powerDecimals)} ${peakUnit}` })}
              />
            ) : (
              <p className="muted">{loads.waiting ? t('loading') : t('energy.noLoad')}</p>
            )}
          </section>
          <section className="panel" aria-label={t('energy.meters')}>
            <h2>{t('energy.meters')}</h2>
            <MeterTable rows={rows} unit={unit} peakUnit={peakUnit} zone={zone} />
          </section>
        </>
      )}
    </div>
  );
}

function Fact({ name, value, unit }: { name: string; value: string; unit: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="energy-figure">
        {value} <span className="unit">{unit}</span>
      </dd>
    </div>
  );
}

/** What meters counted: by hour, day, week and month, with peaks and the load's shape. */
export default function EnergyPage() {
  const { t } = useText();
  const description = useDescription();
  return description ? <Known description={description} /> : <p className="muted">{t('loading')}</p>;
}
