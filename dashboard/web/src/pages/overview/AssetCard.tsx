import { memo, useMemo } from 'react';
import { Link } from 'react-router';
import type { Asset, Point } from '../../api/types';
import { AssetAlarm } from '../../duty/AssetAlarms';
import { cardPoints } from '../../faceplates/wanted';
import { flagOf } from '../../live/counts';
import { useAssetCounts, useAssetFlags, useDescription } from '../../live/hooks';
import { pointTitle, textIn } from '../../points/format';
import { CountMarks, QualityShape, TroubleShape } from '../../ui/Marks';
import { LiveCell } from '../../ui/Value';
import { named, useText } from '../../ui/useText';

const SHOWN = 5; // the rest is one click away

function Marks({ asset }: { asset: string }) {
  const counts = useAssetCounts(asset);
  return <CountMarks notGood={counts.notGood} abnormal={counts.abnormal} />;
}

/** What is beyond the shown points: how much, or which of it is wrong. */
function More({ asset, shown }: { asset: Asset; shown: readonly Point[] }) {
  const { t, language } = useText();
  const flags = useAssetFlags(asset.id);
  const hidden = asset.points.map((point, i) => ({ point, ...flagOf(flags[i]) })).filter((h) => !shown.includes(h.point));
  if (hidden.length === 0) return null;
  const wrong = [...hidden.filter((h) => h.abnormal), ...hidden.filter((h) => !h.abnormal && h.quality !== 'good')];
  if (wrong.length === 0) return <p className="card-more">{t('overview.more', { count: hidden.length })}</p>;
  return (
    <p className="card-more card-wrong">
      {wrong.slice(0, 3).map(({ point, abnormal, quality }) => (
        <span key={point.name} className={abnormal ? 'abnormal-text' : 'notgood-text'}>
          {abnormal ? <TroubleShape /> : <QualityShape quality={quality} />}
          {pointTitle(point, language)}
        </span>
      ))}
      {wrong.length > 3 && <span>{t('overview.andMore', { n: wrong.length - 3 })}</span>}
    </p>
  );
}

/** One asset: its first points, live, and how much of all its points is wrong. */
export const AssetCard = memo(function AssetCard({ asset }: { asset: Asset }) {
  const { t, language } = useText();
  const unit = useDescription()?.site.units?.find((u) => u.id === asset.unit);
  const shown = useMemo(() => cardPoints(asset, SHOWN), [asset]);
  return (
    <article className="card" data-asset={asset.id}>
      <h3>
        <Link to={`/assets/${encodeURIComponent(asset.id)}`} className="card-link">
          {textIn(asset.name, language) || asset.id}
        </Link>
        <AssetAlarm asset={asset.id} />
        <Marks asset={asset.id} />
      </h3>
      <p className="card-kind">
        {named(t, 'kind', asset.kind)}
        {asset.unit !== undefined && asset.unit !== '' && ` · ${unit ? textIn(unit.name, language) || unit.id : asset.unit}`}
      </p>
      <ul className="points">
        {shown.map((p) => (
          <li key={p.name} data-point={p.name}>
            <span className="point-title" title={p.name}>
              {pointTitle(p, language)}
            </span>
            <LiveCell asset={asset.id} point={p} />
          </li>
        ))}
      </ul>
      <More asset={asset} shown={shown} />
    </article>
  );
});
