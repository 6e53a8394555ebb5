import { Button, Select } from 'antd';
import { useMemo, useState } from 'react';
import type { Names } from '../../duty/names';
import { useRules } from '../../duty/queries';
import { ALARM_STATES, PRIORITIES } from '../../duty/types';
import { areaTree, flatten } from '../../live/areas';
import { useDescription } from '../../live/hooks';
import { useText } from '../../ui/useText';
import { type AlarmFilter, NO_FILTER, narrowedBy } from './filter';

interface Props {
  readonly filter: AlarmFilter;
  readonly names: Names;
  readonly onChange: (next: Partial<AlarmFilter>) => void;
}

/** What to show of the alarms. On a phone it is behind a button: the list comes first. */
export function AlarmFilters({ filter: f, names, onChange }: Props) {
  const { t } = useText();
  const [open, setOpen] = useState(false);
  const site = useDescription()?.site;
  const { data: rules } = useRules();
  const areas = useMemo(
    () => flatten(areaTree(site?.areas ?? [])).map((n) => ({ value: n.area.id, label: names.area(n.area.id) })),
    [site, names],
  );
  const assets = useMemo(() => [...names.assets.keys()].map((id) => ({ value: id, label: names.asset(id) })), [names]);
  const ruleOptions = useMemo(() => (rules ?? []).map((r) => ({ value: r.id, label: `${r.id} ${names.text(r.title)}` })), [rules, names]);
  const n = narrowedBy(f);
  const one = (label: string, value: string, options: { value: string; label: string }[], set: (v: string) => void, name: string) => (
    <Select
      className={`df df-${name}`}
      aria-label={label}
      placeholder={label}
      allowClear
      showSearch={{ optionFilterProp: 'label' }}
      value={value === '' ? null : value}
      options={options}
      onChange={(v: string | null | undefined) => set(v ?? '')}
    />
  );
  return (
    <div className={open ? 'duty-filters filters-open' : 'duty-filters'} role="search">
      <Button className="filters-button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {n === 0 ? t('dutyFilter.more') : t('dutyFilter.some', { n })}
      </Button>
      <Select
        className="df"
        mode="multiple"
        maxTagCount="responsive"
        aria-label={t('dutyFilter.priority')}
        placeholder={t('dutyFilter.priority')}
        value={[...f.priority]}
        options={PRIORITIES.map((p) => ({ value: p, label: `${p} ${t(`priority.${p}`)}` }))}
        onChange={(priority) => onChange({ priority })}
      />
      <Select
        className="df"
        mode="multiple"
        maxTagCount="responsive"
        aria-label={t('dutyFilter.state')}
        placeholder={t('dutyFilter.state')}
        value={[...f.state]}
        options={ALARM_STATES.filter((s) => f.tab === 'history' || s !== 'normal').map((s) => ({ value: s, label: t(`alarmState.${s}`) }))}
        onChange={(state) => onChange({ state })}
      />
      {one(t('dutyFilter.area'), f.area, areas, (area) => onChange({ area }), 'area')}
      {one(t('dutyFilter.asset'), f.asset, assets, (asset) => onChange({ asset }), 'asset')}
      {one(t('dutyFilter.rule'), f.rule, ruleOptions, (rule) => onChange({ rule }), 'rule')}
      {(n > 0 || f.id.length > 0) && (
        <Button type="link" onClick={() => onChange(NO_FILTER)}>
          {t('dutyFilter.clear')}
        </Button>
      )}
    </div>
  );
}
