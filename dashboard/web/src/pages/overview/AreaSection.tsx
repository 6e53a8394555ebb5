import { type CSSProperties, memo } from 'react';
import type { Asset } from '../../api/types';
import type { AreaNode } from '../../live/areas';
import { useAreaCounts } from '../../live/hooks';
import { OWN } from '../../live/store';
import { textIn } from '../../points/format';
import { CountMarks } from '../../ui/Marks';
import { useNear } from '../../ui/useNear';
import { useText } from '../../ui/useText';
import { AssetCard } from './AssetCard';

function Marks({ area }: { area: string }) {
  const counts = useAreaCounts(OWN + area);
  return <CountMarks notGood={counts.notGood} abnormal={counts.abnormal} />;
}

/** The cards, made when they come near the screen: a site may have thousands. */
const Cards = memo(function Cards({ assets }: { assets: readonly Asset[] }) {
  const [ref, near] = useNear<HTMLDivElement>();
  return (
    <div ref={ref} className="cards">
      {assets.map((a) => (near ? <AssetCard key={a.id} asset={a} /> : <div key={a.id} className="card card-place" />))}
    </div>
  );
});

interface Props {
  readonly node: AreaNode;
  readonly assets: readonly Asset[];
  readonly closed: boolean;
  readonly onToggle: () => void;
}

/** One area's own assets under a heading that folds. */
export function AreaSection({ node, assets, closed, onToggle }: Props) {
  const { t, language } = useText();
  const above = node.path.slice(0, -1).map((a) => textIn(a.name, language));
  return (
    <section className="area" style={{ '--assets': closed ? 1 : assets.length } as CSSProperties}>
      <h2>
        <button type="button" className="area-head" aria-expanded={!closed} onClick={onToggle}>
          <span className="twist" aria-hidden="true" data-open={!closed} />
          <span className="area-name">
            {above.length > 0 && <span className="muted">{above.join(' › ')} › </span>}
            {textIn(node.area.name, language)}
          </span>
          <Marks area={node.area.id} />
          <span className="muted area-size">{t('areas.assets', { n: assets.length })}</span>
        </button>
      </h2>
      {!closed && <Cards assets={assets} />}
    </section>
  );
}
