import { useMemo } from 'react';
import { PHONE, useMedia } from '../../duty/useMedia';
import { areaTree, flatten } from '../../live/areas';
import { type Counts, QUALITIES } from '../../live/counts';
import { useCountsVersion, useLive, useTotals } from '../../live/hooks';
import { OWN } from '../../live/store';
import type { Description } from '../../live/wire';
import { formatShare, textIn } from '../../points/format';
import { QualityShape } from '../../ui/Marks';
import { useText } from '../../ui/useText';
import { worstFirst } from './worst';

const ROW = 30; // px
const ROW_PHONE = 44; // a finger's

/** The share of each quality as a bar: good is solid, the rest is hatched, each in the colour of its mark. */
export function CoverageBar({ counts }: { counts: Counts }) {
  return (
    <span className="cover-bar" aria-hidden="true">
      {QUALITIES.map((q) => counts.by[q] > 0 && <span key={q} className={`cover-part cover-${q}`} style={{ flexGrow: counts.by[q] }} />)}
    </span>
  );
}

/** The same in words, only what there is; brief where a line above says what the marks mean. */
export function CoverageWords({ counts, brief = false }: { counts: Counts; brief?: boolean }) {
  const { t } = useText();
  return (
    <span className="cover-words">
      {QUALITIES.slice(1).map(
        (q) =>
          counts.by[q] > 0 && (
            <span key={q} className={`q-${q}`} title={t(`quality.${q}`)}>
              <QualityShape quality={q} />
              <span className={brief ? 'sr' : undefined}>{t(`quality.${q}`)} </span>
              {counts.by[q]}
            </span>
          ),
      )}
      {counts.notGood === 0 && !brief && <span className="muted">{t('counts.allGood')}</span>}
    </span>
  );
}

interface Props {
  readonly description: Description;
  readonly onArea?: (area: string) => void;
}

/** How much of the site is seen: by area, the worst first. */
export function Coverage({ description, onArea }: Props) {
  const { t, language } = useText();
  const { store } = useLive();
  const row = useMedia(PHONE) ? ROW_PHONE : ROW;
  const version = useCountsVersion();
  const totals = useTotals();
  const nodes = useMemo(() => flatten(areaTree(description.site.areas)), [description]);
  const rows = useMemo(() => {
    const all = nodes.map((node) => ({ node, counts: store.areaCountsOf(OWN + node.area.id) }));
    return version < 0 ? [] : worstFirst(all.filter((r) => r.counts.points > 0));
  }, [nodes, store, version]);
  return (
    <section className="panel summary-panel" aria-label={t('coverage.title')}>
      <h2>
        {t('coverage.title')}{' '}
        <span className="muted">{t('coverage.good', { good: totals.by.good, points: totals.points })}</span>
      </h2>
      <div className="cover-total">
        <CoverageWords counts={totals} />
      </div>
      <div className="summary-list cover-list" role="group" aria-label={t('coverage.byArea')} tabIndex={0}>
        <ul style={{ height: rows.length * row }}>
          {nodes.map((n) => {
            const at = rows.findIndex((r) => r.node === n);
            const counts = rows[at]?.counts;
            if (!counts) return null;
            const name = textIn(n.area.name, language);
            return (
              <li key={n.area.id} className="moving" style={{ transform: `translateY(${at * row}px)` }}>
                {onArea ? (
                  <button type="button" className="cover-name" onClick={() => onArea(n.area.id)}>
                    {name}
                  </button>
                ) : (
                  <span className="cover-name">{name}</span>
                )}
                <CoverageBar counts={counts} />
                <span className="cover-share">{formatShare(counts.by.good / counts.points, language)}</span>
                <CoverageWords counts={counts} brief />
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}
