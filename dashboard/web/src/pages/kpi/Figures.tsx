import { Link } from 'react-router';
import type { Names } from '../../duty/names';
import type { Figure, Grade, Target } from '../../duty/ruletypes';
import { formatAge, formatDuration, formatNumber, formatShort } from '../../points/format';
import { useText } from '../../ui/useText';
import { MOST_IDS, behind, lacks } from './period';

const SIGN: Readonly<Record<Grade, string>> = { acceptable: '✓', manageable: '◇', beyond: '▲' };

/** How a figure stands to its target: a sign and a word. */
export function GradeMark({ grade }: { grade: Grade }) {
  const { t } = useText();
  return (
    <span className={`grade grade-${grade}`}>
      <span aria-hidden="true">{SIGN[grade]}</span> {t(`grade.${grade}`)}
    </span>
  );
}

function useSay() {
  const { t, language, time } = useText();
  return (value: number | null, unit: string | undefined): string => {
    if (value === null) return t('value.none');
    if (unit === 's') return formatDuration(value * 1000, time);
    if (unit === '%') return `${formatNumber(value, Number.isInteger(value) ? 0 : 1, language)} %`;
    return `${formatShort(value, language)}${unit === undefined || unit === '' ? '' : ` ${t(`kpiUnit.${unit}`)}`}`;
  };
}

function TargetText({ target, unit }: { target: Target; unit: string | undefined }) {
  const { t } = useText();
  const say = useSay();
  const sign = target.at_least === true ? (target.strict === true ? '>' : '≥') : target.strict === true ? '<' : '≤';
  return (
    <span title={target.source}>
      {`${sign} ${say(target.acceptable, unit)}`}
      {target.manageable !== undefined && <span className="muted"> {t('kpi.manageable', { limit: say(target.manageable, unit) })}</span>}
    </span>
  );
}

/** Figures with their targets; each leads to what it is made of. They cover that much time, ms. */
export function Figures({ title, figures, covered, names }: { title: string; figures: readonly Figure[]; covered: number; names: Names }) {
  const { t, time } = useText();
  const say = useSay();
  return (
    <section className="panel">
      <h2>{title}</h2>
      <ul className="figures">
        {figures.map((f) => {
          const to = behind(f.kind, f.ids);
          const needs = lacks(f.name, covered);
          const carried = Math.min(f.ids.length, MOST_IDS);
          return (
            <li key={f.name} data-figure={f.name}>
              <span className="figure-title">
                {names.text(f.title)}
                {f.of !== undefined && f.of > 0 && f.unit === '%' && needs === 0 && <span className="figure-of muted">{`${f.count} / ${f.of}`}</span>}
                {needs > 0 && (
                  <span className="figure-of figure-short muted">{t('kpi.tooShort', { have: formatAge(covered, time), need: formatDuration(needs, time) })}</span>
                )}
              </span>
              <b className="figure-value">{say(needs > 0 ? null : f.value, f.unit)}</b>
              <span className="figure-grade">{f.grade && needs === 0 && <GradeMark grade={f.grade} />}</span>
              <span className="figure-target">{f.target && <TargetText target={f.target} unit={f.unit} />}</span>
              <span className="figure-link">
                {to !== null && (
                  <Link to={to}>{f.total > carried ? t('kpi.first', { n: carried, total: f.total }) : t(`kpi.behind_${f.kind}`, { n: f.total })}</Link>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
