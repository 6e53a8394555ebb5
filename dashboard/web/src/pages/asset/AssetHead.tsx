import { Link } from 'react-router';
import type { Asset } from '../../api/types';
import { AssetAsks } from '../../duty/AssetAlarms';
import { areaTree, flatten } from '../../live/areas';
import { useAssetCounts } from '../../live/hooks';
import { unitNames } from '../../live/units';
import type { Description } from '../../live/wire';
import { textIn } from '../../points/format';
import { CountMarks } from '../../ui/Marks';
import { named, useText } from '../../ui/useText';

/** What the asset is, where it stands, what feeds it, and how its points are. */
export function AssetHead({ asset, description }: { asset: Asset; description: Description }) {
  const { t, language } = useText();
  const counts = useAssetCounts(asset.id);
  const node = flatten(areaTree(description.site.areas)).find((n) => n.area.id === asset.area);
  const fedBy = asset.fed_by ?? [];
  return (
    <header className="asset-head">
      <p className="crumbs">
        <Link to="/">{t('nav.overview')}</Link>
        {node?.path.map((a) => (
          <span key={a.id}>
            {' › '}
            <Link to={`/?area=${encodeURIComponent(a.id)}`}>{textIn(a.name, language)}</Link>
          </span>
        ))}
      </p>
      <h1>
        {textIn(asset.name, language) || asset.id} <CountMarks notGood={counts.notGood} abnormal={counts.abnormal} />
      </h1>
      <AssetAsks asset={asset.id} />
      <dl className="facts">
        <div>
          <dt>{t('asset.kind')}</dt>
          <dd>{named(t, 'kind', asset.kind)}</dd>
        </div>
        {asset.unit !== undefined && asset.unit !== '' && (
          <div>
            <dt>{t('asset.unit')}</dt>
            <dd>{unitNames(description.site, language).get(asset.unit) ?? asset.unit}</dd>
          </div>
        )}
        <div>
          <dt>{t('asset.source')}</dt>
          <dd>{asset.source}</dd>
        </div>
        {fedBy.length > 0 && (
          <div>
            <dt>{t('asset.fedBy')}</dt>
            <dd>
              {fedBy.map((id, i) => {
                const feeder = description.assets.find((a) => a.id === id);
                return (
                  <span key={id}>
                    {i > 0 && ' · '}
                    <Link to={`/assets/${encodeURIComponent(id)}`}>
                      {feeder ? textIn(feeder.name, language) : id}
                    </Link>
                  </span>
                );
              })}
            </dd>
          </div>
        )}
        <div>
          <dt>{t('asset.id')}</dt>
          <dd>{asset.id}</dd>
        </div>
      </dl>
    </header>
  );
}
