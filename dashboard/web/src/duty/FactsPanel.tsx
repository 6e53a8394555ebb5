import { Button } from 'antd';
import { useState } from 'react';
import type { Asset } from '../api/types';
import { toField } from '../charts/zone';
import { useLive } from '../live/hooks';
import { formatTime } from '../points/format';
import { named, useText } from '../ui/useText';
import { ActionForm, type Field } from './ActionForm';
import { TakeBack, takesBack } from './TakeBack';
import type { Names } from './names';
import { useFacts, useSetFact } from './queries';
import type { Fact, FactSet } from './ruletypes';

/**
 * What people can tell, and of what: of the flat, or of equipment of a kind. A
 * state that hides alarms has an end; what was done has a moment.
 */
const TELLABLE = [
  { name: 'vacant', of: 'unit', as: 'state' },
  { name: 'visit', of: 'unit', as: 'until' },
  { name: 'visited', of: 'unit', as: 'moment' },
  { name: 'serviced_half_month', of: 'elevator', as: 'moment' },
  { name: 'serviced_quarter', of: 'elevator', as: 'moment' },
  { name: 'serviced_half_year', of: 'elevator', as: 'moment' },
  { name: 'serviced_year', of: 'elevator', as: 'moment' },
  { name: 'call_tested', of: 'elevator', as: 'moment' },
  { name: 'fire_test', of: 'fire_water', as: 'until' },
  { name: 'fire_auto_start', of: 'fire_water', as: 'moment' },
  { name: 'fire_manual_start', of: 'fire_water', as: 'moment' },
  { name: 'fire_flow_test', of: 'fire_water', as: 'moment' },
] as const;

const LENGTHS = [30, 60, 120, 240, 480, 1440];

type Tellable = (typeof TELLABLE)[number];

/** A moment that a fact's number is, or null where it is a yes or no. */
export function momentOf(f: Pick<Fact, 'number'>): number | null {
  return f.number > 1e8 ? f.number * 1000 : null;
}

function Line({ fact, names, busy, onClear }: { fact: Fact; names: Names; busy: boolean; onClear: () => void }) {
  const { t } = useText();
  const moment = momentOf(fact);
  const at = (ms: number) => formatTime(ms, names.zone).slice(0, 16);
  const known = TELLABLE.some((x) => x.name === fact.name && x.as !== 'moment');
  const name = named(t, 'fact', fact.name);
  const told = moment === null ? (fact.number !== 0 ? t('bool.yes.true') : t('bool.yes.false')) : at(moment);
  return (
    <li data-fact={fact.name}>
      <b>{name}</b>
      <span>{told}</span>
      <span className="muted">
        {fact.until !== undefined && Date.parse(fact.until) > 0 ? t('facts.until', { at: at(Date.parse(fact.until)) }) : fact.at !== undefined && t(moment === null ? 'facts.since' : 'facts.recordedAt', { at: at(Date.parse(fact.at)) })}
        {fact.by !== undefined && fact.by !== '' && ` · ${fact.by}`}
      </span>
      {known && fact.number !== 0 && (
        <Button size="small" loading={busy} onClick={onClear}>
          {t('facts.clear')}
        </Button>
      )}
      {takesBack(fact) && <TakeBack fact={fact} what={`${name} · ${told}`} />}
    </li>
  );
}

/** What no device tells: whether the flat is vacant, a visit, a test. Rules ask for it. */
export function FactsPanel({ asset, names }: { asset: Asset; names: Names }) {
  const { t } = useText();
  const { clock } = useLive();
  const { data, error } = useFacts();
  const set = useSetFact();
  const [telling, setTelling] = useState<Tellable | null>(null);
  const unit = asset.unit ?? '';
  const own = (data ?? []).filter((f) => f.asset === asset.id || (unit !== '' && f.unit === unit));
  const inForce = (name: string) => own.some((f) => f.name === name && f.number !== 0);
  const of = (x: Pick<Tellable, 'of'>): Pick<FactSet, 'unit' | 'asset'> => (x.of === 'unit' ? { unit } : { asset: asset.id });
  const offered = TELLABLE.filter((x) => (x.of === 'unit' ? unit !== '' : x.of === asset.kind) && (x.as === 'moment' || !inForce(x.name)));
  const fields: Field[] =
    telling?.as === 'until'
      ? [{ name: 'until', kind: 'for', label: t('form.howLong'), required: true, lengths: LENGTHS }]
      : telling?.as === 'moment'
        ? [{ name: 'at', kind: 'was', label: t('facts.when'), required: true }]
        : [];
  return (
    <section className="panel facts-panel" aria-label={t('facts.title')}>
      <h2>{t('facts.title')}</h2>
      {error && <p className="duty-unknown">{t('facts.error', { message: error.message })}</p>}
      <ul className="fact-list">
        {own.map((f) => (
          <Line
            key={`${f.name}/${f.asset ?? f.unit ?? ''}`}
            fact={f}
            names={names}
            busy={set.isPending && set.variables.name === f.name && set.variables.number === 0}
            onClear={() => set.mutate({ name: f.name, number: 0, ...(f.unit ? { unit: f.unit } : { asset: asset.id }) })}
          />
        ))}
        {own.length === 0 && !error && <li className="muted">{t('facts.none')}</li>}
      </ul>
      {telling === null ? (
        <div className="other-steps">
          {offered.map((x) => (
            <Button key={x.name} onClick={() => setTelling(x)} data-fact-set={x.name}>
              {x.as === 'moment' ? t('facts.record', { what: t(`fact.${x.name}`) }) : t(`factSet.${x.name}`)}
            </Button>
          ))}
        </div>
      ) : (
        <ActionForm
          key={telling.name}
          fields={fields}
          zone={names.zone}
          submit={telling.as === 'moment' ? t('facts.record', { what: t(`fact.${telling.name}`) }) : t(`factSet.${telling.name}`)}
          busy={set.isPending}
          error={set.error}
          initial={{ at: toField(clock.now(), names.zone).slice(0, 16) }}
          onSubmit={({ until, at }) =>
            set.mutate(
              { name: telling.name, number: at === undefined ? 1 : Math.floor(Date.parse(at) / 1000), ...of(telling), ...(until !== undefined && { until }) },
              { onSuccess: () => setTelling(null) },
            )
          }
          onCancel={() => {
            set.reset();
            setTelling(null);
          }}
        />
      )}
      {telling === null && set.error && <p role="alert" className="duty-unknown">{set.error.message}</p>}
    </section>
  );
}
