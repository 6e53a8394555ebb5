import { useMemo } from 'react';
import { Link } from 'react-router';
import { flagOf } from '../../live/counts';
import { useFlagsVersion, useLive } from '../../live/hooks';
import type { Description } from '../../live/wire';
import { pointTitle, textIn } from '../../points/format';
import { LiveCell } from '../../ui/Value';
import { useText } from '../../ui/useText';

const SHOWN = 100;

/** What points themselves say, beside the alarms: it holds without rules. */
export function ActiveSlot({ description }: { description: Description }) {
  const { t, language } = useText();
  const { store } = useLive();
  const version = useFlagsVersion();
  const wrong = useMemo(
    () =>
      version < 0
        ? []
        : description.assets.flatMap((asset) => {
            const flags = store.assetFlags(asset.id);
            return asset.points.filter((_, i) => flagOf(flags[i]).abnormal).map((point) => ({ asset, point }));
          }),
    [description, store, version],
  );
  return (
    <section className="panel summary-panel slot-points" aria-label={t('active.title')}>
      <h2>
        {t('active.title')} <span className="muted">{wrong.length}</span>
      </h2>
      <div className="summary-list" role="group" aria-label={t('active.title')} tabIndex={0}>
        {wrong.length === 0 && <p className="muted">{t('active.none')}</p>}
        <ul>
          {wrong.slice(0, SHOWN).map(({ asset, point }) => (
            <li key={`${asset.id}/${point.name}`} className="summary-row active-row">
              <Link to={`/assets/${encodeURIComponent(asset.id)}`}>{textIn(asset.name, language) || asset.id}</Link>
              <span className="summary-what">{pointTitle(point, language)}</span>
              <LiveCell asset={asset.id} point={point} />
            </li>
          ))}
        </ul>
        {wrong.length > SHOWN && <p className="muted">{t('overview.andMore', { n: wrong.length - SHOWN })}</p>}
      </div>
    </section>
  );
}
