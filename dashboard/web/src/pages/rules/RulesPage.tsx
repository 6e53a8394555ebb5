import { Alert, Drawer, Input, Segmented, Select } from 'antd';
import { useDeferredValue, useMemo } from 'react';
import { Link, useNavigate } from 'react-router';
import { PriorityMark } from '../../duty/Marks';
import { VirtualRows } from '../../duty/VirtualRows';
import { useNames } from '../../duty/names';
import { useRules } from '../../duty/queries';
import type { Rule } from '../../duty/ruletypes';
import { PHONE, useMedia } from '../../duty/useMedia';
import { useAddressState } from '../../ui/useAddressState';
import { named, useText } from '../../ui/useText';
import { RuleDetail } from './RuleDetail';
import { type RuleShow, SHOWS, readRuleFilter, ruleMatches, showOf, watchOf, writeRuleFilter } from './filter';
import '../../duty/lists.css';
import '../alarms/alarms.css';
import './rules.css';

const NONE: readonly Rule[] = [];
const ROW = 42;
const CARD = 100;

/** How many assets of its kind an active rule watches. */
function Watch({ rule }: { rule: Rule }) {
  const { t } = useText();
  const { n, all, bad } = watchOf(rule);
  return <span className={bad ? 'rrow-state rule-partly' : 'rrow-state rule-active'}>{t(n === all ? 'rule.watches' : bad ? 'rule.watchesOnly' : 'rule.watchesOf', { n, all })}</span>;
}

/** Every rule: what it watches, what it cannot and why. */
export default function RulesPage() {
  const { t } = useText();
  const names = useNames();
  const navigate = useNavigate();
  const phone = useMedia(PHONE);
  const { data, error } = useRules();
  const rules = data ?? NONE;
  const [filter, set] = useAddressState(readRuleFilter, writeRuleFilter);
  const wanted = useDeferredValue(filter);
  const shown = useMemo(() => rules.filter((r) => ruleMatches(r, wanted)), [rules, wanted]);
  const kinds = useMemo(
    () => [...new Set(rules.map((r) => r.kind))].map((k) => ({ value: k, label: k === '*' ? t('rule.everyKind') : named(t, 'kind', k) })),
    [rules, t],
  );
  const chosen = rules.find((r) => r.id === filter.rule);
  const count = (s: RuleShow) => (s === 'all' ? rules.length : rules.filter((r) => showOf(r) === s).length);
  return (
    <div className="duty-page">
      <header className="duty-title">
        <h1>{t('rules.title')}</h1>
        <Segmented<RuleShow>
          aria-label={t('rules.which')}
          value={filter.show}
          options={SHOWS.map((s) => ({ value: s, label: `${t(`ruleShow.${s}`)} ${count(s)}` }))}
          onChange={(show) => set({ show })}
        />
      </header>
      <div className="rule-filters" role="search">
        <Input type="search" allowClear placeholder={t('rules.text')} aria-label={t('rules.text')} value={filter.text} onChange={(e) => set({ text: e.target.value })} />
        <Select
          className="df"
          aria-label={t('filter.kind')}
          value={filter.kind}
          options={[{ value: '', label: t('filter.everyKind') }, ...kinds]}
          onChange={(kind: string) => set({ kind })}
        />
      </div>
      {error && <Alert type="error" showIcon title={t('rules.error', { message: error.message })} />}
      {!data && !error && <p className="muted">{t('loading')}</p>}
      {data && (
        <section className="panel dlist">
          {shown.length === 0 && <p className="dlist-empty">{t('rules.noMatch')}</p>}
          <VirtualRows label={t('rules.title')} items={shown} id={(r) => r.id} height={phone ? CARD : ROW}>
            {(r) => (
              <article className="rrow" data-rule={r.id}>
                <PriorityMark priority={r.priority} look={showOf(r) === 'active' ? 'full' : 'aside'} />
                <span className="muted rrow-id">{r.id}</span>
                <span className="rrow-title">
                  <Link className="stretch" to={`?${writeRuleFilter({ ...filter, rule: r.id })}`}>
                    {names.text(r.title)}
                  </Link>
                </span>
                <span className="rrow-kind">{r.kind === '*' ? t('rule.everyKind') : named(t, 'kind', r.kind)}</span>
                {showOf(r) === 'active' ? <Watch rule={r} /> : <span className={`rrow-state rule-${showOf(r)}`}>{t(`ruleShow.${showOf(r)}`)}</span>}
                <code className="rrow-condition">{r.condition}</code>
              </article>
            )}
          </VirtualRows>
        </section>
      )}
      <Drawer
        open={filter.rule !== ''}
        size={phone ? '100%' : 600}
        closable={{ 'aria-label': t('form.close') }}
        onClose={() => void navigate(`?${writeRuleFilter({ ...filter, rule: '' })}`, { replace: true })}
        title={chosen ? <span className="drawer-title"><PriorityMark priority={chosen.priority} /> {names.text(chosen.title)} <span className="muted">{chosen.id}</span></span> : filter.rule}
      >
        {chosen ? <RuleDetail rule={chosen} names={names} /> : data && <p>{t('rules.unknown', { id: filter.rule })}</p>}
      </Drawer>
    </div>
  );
}
