import { Link } from 'react-router';
import type { JournalStatus, RulesStatus } from '../../api/types';
import { useRules } from '../../duty/queries';
import { formatDuration, textIn } from '../../points/format';
import { type Column, DataTable } from '../../ui/DataTable';
import { useText } from '../../ui/useText';
import { AdviceList } from './AdviceList';
import { Count, type Fact, Facts, Part } from './Part';
import { isBehind, rulesAdvice } from './advice';
import { type WhyNot, readerOf, ruleCounts, rulesHealth, rulesWaiting, whyNot } from './health';

const REASONS = 40; // shown; the rest are on the rules' own page
const NAMED = 6; // rules a reason

function RuleLinks({ ids }: { ids: readonly string[] }) {
  const { t } = useText();
  return (
    <>
      {ids.slice(0, NAMED).map((id, i) => (
        <span key={id}>
          {i > 0 && ' · '}
          <Link to={`/rules?rule=${encodeURIComponent(id)}`}>{id}</Link>
        </span>
      ))}
      {ids.length > NAMED && <span className="muted"> {t('rulesPart.more', { n: ids.length - NAMED })}</span>}
    </>
  );
}

/** How many rules are loaded, how many watch, and what keeps the others from it. */
function Loaded() {
  const { t, language } = useText();
  const { data, error } = useRules();
  if (!data) return <p className={error ? 'part-error' : 'muted'}>{error ? t('rules.error', { message: error.message }) : t('loading')}</p>;
  const n = ruleCounts(data);
  const reasons = whyNot(data);
  const columns: Column<WhyNot>[] = [
    { key: 'why', title: t('rulesPart.why'), cell: (w) => textIn(w.why, language) },
    { key: 'pairs', title: t('rulesPart.pairs'), width: 130, number: true, cell: (w) => <Count n={w.pairs} /> },
    { key: 'rules', title: t('rules.title'), width: 420, wide: true, cell: (w) => <RuleLinks ids={w.rules} /> },
  ];
  const shown = (show: string, count: number) => (count > 0 ? <Link to={`/rules?show=${show}`}><Count n={count} /></Link> : <Count n={0} />);
  return (
    <>
      <Facts
        facts={[
          { name: t('rulesPart.loaded'), value: t('rulesPart.loadedOf', { n: n.rules, count: n.packs }), bad: n.rules === 0 },
          { name: t('ruleShow.active'), value: shown('active', n.active) },
          { name: t('ruleShow.inactive'), value: shown('inactive', n.inactive) },
          { name: t('ruleShow.needs'), value: shown('needs', n.needs) },
          { name: t('rulesPart.watching'), value: <Count n={n.watching} /> },
          { name: t('rulesPart.notWatching'), value: <Count n={n.notWatching} /> },
        ]}
      />
      {reasons.length > 0 && (
        <details className="samples">
          <summary>{t('rulesPart.whyNot', { n: n.notWatching, reasons: reasons.length })}</summary>
          <DataTable caption={t('rulesPart.whyNot', { n: n.notWatching, reasons: reasons.length })} columns={columns} rows={reasons.slice(0, REASONS)} id={(w) => w.why.en} />
          {reasons.length > REASONS && <p className="muted">{t('rulesPart.more', { n: reasons.length - REASONS })}</p>}
        </details>
      )}
    </>
  );
}

/** The rules engine: what it has judged and saved, what waits for it, what it passed over, and what it watches. */
export function Rules({ rules: r, journal, now }: { rules: RulesStatus; journal: JournalStatus; now: number }) {
  const { t, time } = useText();
  const reader = readerOf(journal, 'rules');
  const { state, error } = rulesHealth(r, journal);
  const { toJudge, toSave } = rulesWaiting(r, journal);
  const behind = reader && reader.lag > 0 ? formatDuration(reader.lag_age / 1e6, time) : t('value.none');
  const seldom: Fact[] = [
    { name: t('rulesPart.failures'), value: <Count n={r.failures} />, bad: true },
    { name: t('rulesPart.unreadable'), value: <Count n={r.unreadable} />, bad: true },
    { name: t('rulesPart.reloads'), value: <Count n={r.reloads} /> },
    { name: t('rulesPart.rewound'), value: <Count n={r.rewound} /> },
    { name: t('rulesPart.unknownAssets'), value: <Count n={r.unknown_assets} /> },
    { name: t('rulesPart.backfilled'), value: <Count n={r.backfilled} /> },
  ].filter((_, i) => [r.failures, r.unreadable, r.reloads, r.rewound, r.unknown_assets, r.backfilled][i] !== 0);
  return (
    <Part anchor="rules" title={t('rulesPart.title')} state={state} error={error} now={now}>
      {r.set_back && <p className="part-error">{t('rulesPart.setBack')}</p>}
      <Facts
        facts={[
          { name: t('rulesPart.judged'), value: <Count n={r.stepped} /> },
          { name: t('rulesPart.toJudge'), value: <Count n={toJudge} /> },
          { name: t('rulesPart.toSave'), value: <Count n={toSave} /> },
          { name: t('reader.lagAge'), value: behind, bad: isBehind(reader) },
          { name: t('rulesPart.readings'), value: <Count n={r.readings} /> },
          { name: t('rulesPart.evaluations'), value: <Count n={r.evaluations} /> },
          ...seldom,
        ]}
      />
      <AdviceList advice={rulesAdvice(r, reader)} />
      <Loaded />
    </Part>
  );
}
