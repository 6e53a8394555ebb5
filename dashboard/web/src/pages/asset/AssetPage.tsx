import { Suspense, lazy, useMemo } from 'react';
import { Link, useParams } from 'react-router';
import type { Asset, Point } from '../../api/types';
import { MAX_TRENDS } from '../../charts/limits';
import { useDescription } from '../../live/hooks';
import type { Description } from '../../live/wire';
import { useAddressState } from '../../ui/useAddressState';
import { useText } from '../../ui/useText';
import { AssetHead } from './AssetHead';
import { PointTable } from './PointTable';
import { readChoice, writeChoice } from './choice';
import '../../charts/chart.css';
import './asset.css';

const Faceplate = lazy(() => import('../../faceplates/Faceplate'));
const AssetDuty = lazy(() => import('../../duty/AssetDuty'));
const Trend = lazy(() => import('../../charts/Trend'));

/** What to draw before anybody chose: the first measured point, else the first one. */
function firstChoice(asset: Asset): string[] {
  const p = asset.points.find((x) => x.type === 'float') ?? asset.points[0];
  return p ? [p.name] : [];
}

function Known({ asset, description }: { asset: Asset; description: Description }) {
  const [choice, set] = useAddressState(readChoice, writeChoice);
  const chosen = useMemo(
    () => (choice.points ?? firstChoice(asset)).slice(0, MAX_TRENDS),
    [choice.points, asset],
  );
  const points = useMemo(
    () => chosen.map((n) => asset.points.find((p) => p.name === n)).filter((p): p is Point => p !== undefined),
    [chosen, asset],
  );
  const { timezone } = description.site;
  return (
    <>
      <AssetHead asset={asset} description={description} />
      <div className="asset-body">
        <Suspense fallback={<div className="panel face face-wait" />}>
          <Faceplate asset={asset} />
        </Suspense>
        <Suspense fallback={<div className="panel trend trend-wait" />}>
          <Trend asset={asset} points={points} span={choice.span} zone={timezone} onSpan={(span) => set({ span })} />
        </Suspense>
        <Suspense fallback={<div className="asset-duty" />}>
          <AssetDuty asset={asset} part="asks" />
        </Suspense>
        <PointTable
          asset={asset}
          zone={timezone}
          chosen={chosen}
          full={chosen.length >= MAX_TRENDS}
          onToggle={(name) =>
            set({ points: chosen.includes(name) ? chosen.filter((n) => n !== name) : [...chosen, name] })
          }
        />
      </div>
      <Suspense fallback={null}>
        <AssetDuty asset={asset} part="explain" />
      </Suspense>
    </>
  );
}

/** Everything that is known of one asset. */
export default function AssetPage() {
  const { t } = useText();
  const { id } = useParams();
  const description = useDescription();
  if (!description) return <p className="muted">{t('loading')}</p>;
  const asset = description.assets.find((a) => a.id === id);
  if (!asset) {
    return (
      <div className="notice">
        <p>{t('asset.unknown', { id: id ?? '' })}</p>
        <Link to="/">{t('nav.overview')}</Link>
      </div>
    );
  }
  return <Known key={asset.id} asset={asset} description={description} />;
}
