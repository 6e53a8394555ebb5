import { Button } from 'antd';
import { Suspense, lazy, useDeferredValue, useMemo, useState } from 'react';
import type { Asset } from '../../api/types';
import { type AreaNode, areaTree, flatten } from '../../live/areas';
import { useCountsVersion, useDescription, useLive } from '../../live/hooks';
import { unitNames } from '../../live/units';
import type { Description } from '../../live/wire';
import { textIn } from '../../points/format';
import { useAddressState } from '../../ui/useAddressState';
import { named, useText } from '../../ui/useText';
import { AreaSection } from './AreaSection';
import { AreaTree } from './AreaTree';
import { FilterBar } from './FilterBar';
import { type Filter, matches, readFilter, writeFilter } from './filter';
import { Summary } from './Summary';
import './overview.css';

function useShownAssets(d: Description, f: Filter): ReadonlyMap<string, Asset[]> {
  const { store } = useLive();
  const { t, language } = useText();
  const version = useCountsVersion();
  // Counts matter only while the filter asks for them: otherwise a change of
  // quality leaves this page alone.
  const counts = f.show === 'all' ? 0 : version;
  return useMemo(() => {
    const byArea = new Map<string, Asset[]>();
    const units = unitNames(d.site, language);
    for (const a of d.assets) {
      if (f.kind !== '' && a.kind !== f.kind) continue;
      if (!matches(a, named(t, 'kind', a.kind), f.text, language, units.get(a.unit ?? ''))) continue;
      if (counts > 0 && f.show === 'notgood' && store.assetCounts(a.id).notGood === 0) continue;
      if (counts > 0 && f.show === 'abnormal' && store.assetCounts(a.id).abnormal === 0) continue;
      const list = byArea.get(a.area);
      if (list) list.push(a);
      else byArea.set(a.area, [a]);
    }
    return byArea;
  }, [d, f, counts, store, t, language]);
}

const AreaMimic = lazy(() => import('../../mimic/AreaMimic'));
const ONE_PICTURE = 80; // assets; a site with more gets a picture an area

interface MimicsProps {
  readonly description: Description;
  readonly sections: readonly AreaNode[];
  readonly shown: ReadonlyMap<string, Asset[]>;
  readonly area: AreaNode | undefined;
}

/** One picture of the chosen area with all within it, or of each area where that would be too much. */
function Mimics({ description, sections, shown, area }: MimicsProps) {
  const { t, language } = useText();
  const pictures = useMemo(() => {
    const all = sections.flatMap((n) => shown.get(n.area.id) ?? []);
    if (all.length === 0) return [];
    const whole = { key: area?.area.id ?? '', title: area ? textIn(area.area.name, language) : t('areas.all'), assets: all };
    if (area || all.length <= ONE_PICTURE) return [whole];
    return sections.map((n) => ({ key: n.area.id, title: textIn(n.area.name, language), assets: shown.get(n.area.id) ?? [] }));
  }, [sections, shown, area, language, t]);
  return (
    <Suspense fallback={<p className="muted">{t('loading')}</p>}>
      {pictures.map((p) => (
        <section key={p.key} className="area">
          <h2 className="mimic-title">{p.title}</h2>
          <AreaMimic assets={p.assets} description={description} title={p.title} />
        </section>
      ))}
    </Suspense>
  );
}

function Areas({ description }: { description: Description }) {
  const { t, language } = useText();
  const [filter, set] = useAddressState(readFilter, writeFilter);
  const shown = useShownAssets(description, useDeferredValue(filter));
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [treeOpen, setTreeOpen] = useState(false); // on a phone
  const tree = useMemo(() => areaTree(description.site.areas), [description]);
  const nodes = useMemo(() => flatten(tree), [tree]);
  const toggle = (id: string) => {
    const next = new Set(closed);
    if (!next.delete(id)) next.add(id);
    setClosed(next);
  };

  const sections = useMemo(() => {
    const within = (n: AreaNode) => filter.area === '' || n.path.some((a) => a.id === filter.area);
    return nodes.filter((n) => within(n) && (shown.get(n.area.id)?.length ?? 0) > 0);
  }, [nodes, shown, filter.area]);
  const chosen = nodes.find((n) => n.area.id === filter.area);
  return (
    <div className="overview">
      <Summary description={description} onArea={(area) => set({ area, show: 'notgood', view: 'cards' })} />
      <aside className={treeOpen ? 'tree tree-open' : 'tree'}>
        <Button
          className="tree-button"
          block
          aria-expanded={treeOpen}
          data-testid="areas"
          onClick={() => setTreeOpen(!treeOpen)}
        >
          {chosen ? textIn(chosen.area.name, language) : t('areas.all')}
          <span className="twist" aria-hidden="true" data-open="true" />
        </Button>
        <AreaTree
          nodes={tree}
          chosen={filter.area}
          onChoose={(area) => {
            setTreeOpen(false);
            set({ area });
          }}
        />
      </aside>
      <div className="overview-main">
        <FilterBar assets={description.assets} filter={filter} onChange={set} />
        {filter.view === 'mimic' ? (
          <Mimics description={description} sections={sections} shown={shown} area={chosen} />
        ) : (
          <div className="areas">
            {sections.map((n) => (
              <AreaSection
                key={n.area.id}
                node={n}
                assets={shown.get(n.area.id) ?? []}
                closed={closed.has(n.area.id)}
                onToggle={() => toggle(n.area.id)}
              />
            ))}
          </div>
        )}
        {sections.length === 0 && (
          <div className="notice">
            <p>{description.assets.length === 0 ? t('overview.noAssets') : t('overview.noMatch')}</p>
            {description.assets.length > 0 && (
              <Button onClick={() => set({ text: '', kind: '', show: 'all', area: '' })}>{t('overview.clear')}</Button>
            )}
          </div>
        )}
      </div>
    </div>
  );
}

/** Every area and asset with its live values. */
export default function Overview() {
  const { t } = useText();
  const description = useDescription();
  return description ? <Areas description={description} /> : <p className="muted">{t('loading')}</p>;
}
