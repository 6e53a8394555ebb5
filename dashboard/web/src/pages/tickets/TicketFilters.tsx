import { Button, Select } from 'antd';
import { useMemo, useState } from 'react';
import type { Names } from '../../duty/names';
import { PRIORITIES, TICKET_CLASSES, TICKET_STATES } from '../../duty/types';
import { areaTree, flatten } from '../../live/areas';
import { useDescription } from '../../live/hooks';
import { unitChoices } from '../../live/units';
import { useText } from '../../ui/useText';
import { NO_FILTER, type TicketFilter, narrowedBy } from './filter';

interface Props {
  readonly filter: TicketFilter;
  readonly names: Names;
  readonly onChange: (next: Partial<TicketFilter>) => void;
}

/** What to show of the tickets. On a phone it is behind a button: the list comes first. */
export function TicketFilters({ filter: f, names, onChange }: Props) {
  const { t, language } = useText();
  const [open, setOpen] = useState(false);
  const description = useDescription();
  const areas = useMemo(
    () => flatten(areaTree(description?.site.areas ?? [])).map((n) => ({ value: n.area.id, label: names.area(n.area.id) })),
    [description, names],
  );
  const units = useMemo(
    () => unitChoices(names.units, description?.assets ?? [], language),
    [description, names, language],
  );
  const n = narrowedBy(f);
  const many = <T extends string>(label: string, value: readonly T[], options: { value: T; label: string }[], set: (v: T[]) => void) => (
    <Select<T[]>
      className="df"
      mode="multiple"
      maxTagCount="responsive"
      aria-label={label}
      placeholder={label}
      value={[...value]}
      options={options}
      onChange={set}
    />
  );
  const one = (label: string, value: string, options: { value: string; label: string }[], set: (v: string) => void) => (
    <Select
      className="df"
      aria-label={label}
      placeholder={label}
      allowClear
      showSearch={{ optionFilterProp: 'label' }}
      value={value === '' ? null : value}
      options={options}
      onChange={(v: string | null | undefined) => set(v ?? '')}
    />
  );
  const states = TICKET_STATES.filter((s) => f.tab === 'history' || (s !== 'closed' && s !== 'cancelled'));
  const clocks = [
    { value: 'broken', label: t('ticket.clockBroken') },
    ...(f.tab === 'open' ? [{ value: 'soon', label: t('ticket.clockSoon') }] : []),
  ];
  return (
    <div className={open ? 'duty-filters filters-open' : 'duty-filters'} role="search">
      <Button className="filters-button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {n === 0 ? t('dutyFilter.more') : t('dutyFilter.some', { n })}
      </Button>
      {many(t('dutyFilter.priority'), f.priority, PRIORITIES.map((p) => ({ value: p, label: `${p} ${t(`priority.${p}`)}` })), (priority) => onChange({ priority }))}
      {many(t('dutyFilter.state'), f.state, states.map((s) => ({ value: s, label: t(`ticketState.${s}`) })), (state) => onChange({ state }))}
      {many(t('dutyFilter.class'), f.class, TICKET_CLASSES.map((c) => ({ value: c, label: t(`ticketClass.${c}`) })), (c) => onChange({ class: c }))}
      {one(t('dutyFilter.clock'), f.clock, clocks, (v) => onChange({ clock: v === 'broken' || v === 'soon' ? v : '' }))}
      {one(t('dutyFilter.area'), f.area, areas, (area) => onChange({ area }))}
      {one(t('dutyFilter.unit'), f.unit, units, (unit) => onChange({ unit }))}
      {(n > 0 || f.id.length > 0) && (
        <Button type="link" onClick={() => onChange(NO_FILTER)}>
          {t('dutyFilter.clear')}
        </Button>
      )}
    </div>
  );
}
