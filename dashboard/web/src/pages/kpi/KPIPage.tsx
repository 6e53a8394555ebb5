import { Alert, Segmented } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { type Names, useNames } from '../../duty/names';
import { useKPI, useRules } from '../../duty/queries';
import type { Share } from '../../duty/ruletypes';
import { useLive } from '../../live/hooks';
import { formatNumber, formatTime } from '../../points/format';
import { useAddressState } from '../../ui/useAddressState';
import { useText } from '../../ui/useText';
import { Figures } from './Figures';
import { PERIODS, type Period, behind, boundsOf, readSpan, writeSpan } from './period';
import '../../duty/lists.css';
import './kpi.css';

/** Who gives most of the alarms: what to mend first. */
function Offenders({ title, shares, names }: { title: string; shares: readonly Share[]; names: Names }) {
  const { t, language } = useText();
  const { data: rules } = useRules();
  const most = Math.max(...shares.map((s) => s.share), 1);
  return (
    <section className="panel">
      <h2>{title}</h2>
      {shares.length === 0 && <p className="muted">{t('kpi.noOffenders')}</p>}
      <ol className="offenders">
        {shares.map((s) => {
          const rule = rules?.find((r) => r.id === s.rule);
          return (
            <li key={`${s.rule}/${s.asset ?? ''}`}>
              <span className="offender-name">
                <Link to={`/rules?rule=${encodeURIComponent(s.rule)}`}>{rule ? names.text(rule.title) : s.rule}</Link>
                {s.asset !== undefined && s.asset !== '' && <span className="muted"> {names.asset(s.asset)}</span>}
              </span>
              <span className="offender-bar" aria-hidden="true">
                <span style={{ inlineSize: `${(s.share / most) * 100}%` }} />
              </span>
              <span className="offender-share">{formatNumber(s.share, 1, language)} %</span>
              <Link to={behind('alarm', s.ids) ?? '/alarms'}>{t('kpi.behind_alarm', { n: s.total })}</Link>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** How alarms and service went, held against ISA-18.2 and what was promised. */
export default function KPIPage() {
  const { t } = useText();
  const names = useNames();
  const { clock } = useLive();
  const [span, set] = useAddressState(readSpan, writeSpan);
  const [[now], setNow] = useState(() => [clock.now()] as const);
  const [from, to] = boundsOf(span, now);
  const { data, error, isPlaceholderData } = useKPI(from, to);
  const covered = data ? Date.parse(data.to) - Date.parse(data.from) : 0;
  return (
    <div className="duty-page">
      <header className="duty-title">
        <h1>{t('kpi.title')}</h1>
        <Segmented<Period | 'other'>
          aria-label={t('trend.range')}
          value={span.from > 0 ? 'other' : span.period}
          options={[
            ...PERIODS.map((p) => ({ value: p, label: t(`kpiPeriod.${p}`) })),
            ...(span.from > 0 ? [{ value: 'other' as const, label: t('kpi.chosen') }] : []),
          ]}
          onChange={(period) => {
            if (period === 'other') return;
            setNow([clock.now()]);
            set({ period, from: 0, to: 0 });
          }}
        />
        {data && (
          <span className="muted">
            {`${formatTime(Date.parse(data.from), names.zone).slice(0, 16)} – ${formatTime(Date.parse(data.to), names.zone).slice(0, 16)}`}
          </span>
        )}
      </header>
      {error && <Alert type="error" showIcon title={t('kpi.error', { message: error.message })} />}
      {!data && !error && <p className="muted">{t('loading')}</p>}
      {data && (
        <div className={isPlaceholderData ? 'kpi kpi-old' : 'kpi'} aria-busy={isPlaceholderData}>
          <Figures title={t('kpi.service')} figures={data.service} covered={covered} names={names} />
          <Figures title={t('kpi.alarms')} figures={data.alarms} covered={covered} names={names} />
          <Offenders title={t('kpi.top')} shares={data.top ?? []} names={names} />
          <Offenders title={t('kpi.topRules')} shares={data.rules ?? []} names={names} />
        </div>
      )}
    </div>
  );
}
