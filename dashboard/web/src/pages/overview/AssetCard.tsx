import { memo } from 'react';
import { Link } from 'react-router';
import type { Asset } from '../../api/types';
import { useAssetCounts, useAssetFlags } from '../../live/hooks';
import { pointTitle, textIn } from '../../points/format';
import { CountMarks, QualityShape, TroubleShape } from '../../ui/Marks';
import { LiveCell } from '../../ui/Value';
import { named, useText } from '../../ui/useText';

const SHOWN = 6; // a kind declares its telling points first; the rest is one click away

function Marks({ asset }: { asset: string }) {
  const counts = useAssetCounts(asset);
  return <CountMarks notGood={counts.notGood} abnormal={counts.abnormal} />;
}

/** What is beyond the shown points: how much, or which of it is wrong. */
function More({ asset }: { asset: Asset }) {
  const { t, language } = useText();
  const flags = useAssetFlags(asset.id);
  const hidden = asset.points.slice(SHOWN).map((point, i) => ({ point, flag: flags[SHOWN + i] ?? '.' }));
  const wrong = ['#', '!', '?'].flatMap((f) => hidden.filter((h) => h.flag === f));
  if (wrong.length === 0) return <p className="card-more">{t('overview.more', { n: hidden.length })}</p>;
  return (
    <p className="card-more card-wrong">
      {wrong.slice(0, 3).map(({ point, flag }) => (
        <span key={point.name} className={flag === '?' ? 'notgood-text' : 'abnormal-text'}>
          {flag === '?' ? <QualityShape quality="bad" /> : <TroubleShape />}
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
  return (
    <article className="card" data-asset={asset.id}>
      <h3>
        <Link to={`/assets/${encodeURIComponent(asset.id)}`} className="card-link">
          {textIn(asset.name, language) || asset.id}
        </Link>
        <Marks asset={asset.id} />
      </h3>
      <p className="card-kind">
        {named(t, 'kind', asset.kind)}
        {asset.unit !== undefined && asset.unit !== '' && ` · ${asset.unit}`}
      </p>
      <ul className="points">
        {asset.points.slice(0, SHOWN).map((p) => (
          <li key={p.name} data-point={p.name}>
            <span className="point-title" title={p.name}>
              {pointTitle(p, language)}
            </span>
            <LiveCell asset={asset.id} point={p} />
          </li>
        ))}
      </ul>
      {asset.points.length > SHOWN && <More asset={asset} />}
    </article>
  );
});
