import { Input, Segmented, Select } from 'antd';
import { useMemo } from 'react';
import type { Asset } from '../../api/types';
import { named, useText } from '../../ui/useText';
import type { Filter, Show, View } from './filter';

interface Props {
  readonly assets: readonly Asset[];
  readonly filter: Filter;
  readonly onChange: (next: Partial<Filter>) => void;
}

/** What to show: by words, by kind, by health. */
export function FilterBar({ assets, filter, onChange }: Props) {
  const { t } = useText();
  const kinds = useMemo(
    () =>
      [...new Set(assets.map((a) => a.kind))]
        .map((k) => ({ value: k, label: named(t, 'kind', k) }))
        .sort((a, b) => a.label.localeCompare(b.label)),
    [assets, t],
  );
  const shows: { value: Show; label: string }[] = [
    { value: 'all', label: t('filter.all') },
    { value: 'notgood', label: t('filter.notGood') },
    { value: 'abnormal', label: t('filter.abnormal') },
  ];
  const views: { value: View; label: string }[] = [
    { value: 'cards', label: t('filter.cards') },
    { value: 'mimic', label: t('filter.mimic') },
  ];
  return (
    <div className="filters" role="search">
      <Input
        className="filter-text"
        allowClear
        type="search"
        placeholder={t('filter.text')}
        aria-label={t('filter.text')}
        value={filter.text}
        data-testid="filter"
        onChange={(e) => onChange({ text: e.target.value })}
      />
      <Select
        className="filter-kind"
        aria-label={t('filter.kind')}
        value={filter.kind}
        options={[{ value: '', label: t('filter.everyKind') }, ...kinds]}
        onChange={(kind: string) => onChange({ kind })}
      />
      <Segmented<Show>
        aria-label={t('filter.show')}
        options={shows}
        value={filter.show}
        onChange={(show) => onChange({ show })}
      />
      <Segmented<View>
        className="filter-view"
        aria-label={t('filter.view')}
        options={views}
        value={filter.view}
        onChange={(view) => onChange({ view })}
      />
    </div>
  );
}
