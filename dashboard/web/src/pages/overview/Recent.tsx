import { memo } from 'react';
import { Link } from 'react-router';
import { PHONE, useMedia } from '../../duty/useMedia';
import type { Happening } from '../../live/changes';
import { useChanges } from '../../live/hooks';
import type { LiveValue } from '../../live/value';
import { isAbnormal } from '../../points/abnormal';
import { showNumber } from '../../points/display';
import { formatTime, pointTitle, textIn } from '../../points/format';
import { QualityMark, TroubleShape } from '../../ui/Marks';
import { useText } from '../../ui/useText';

const ROW = 40; // px
const ROW_PHONE = 44; // a finger's

function State({ of, value }: { of: Happening; value: LiveValue }) {
  const { t, language } = useText();
  if (value.quality !== 'good' || value.number === null) return <QualityMark quality={value.quality} />;
  const { text, unit } = showNumber(of.point, value.number, language, t);
  const abnormal = isAbnormal(of.point, value);
  return (
    <span className={abnormal ? 'abnormal' : undefined}>
      {abnormal && <TroubleShape />}
      {`${text} ${unit}`.trim()}
    </span>
  );
}

const Row = memo(function Row({ h, top, zone }: { h: Happening; top: number; zone: string }) {
  const { t, language } = useText();
  // Rows move by transform: a list that grows at its top must not shift the layout.
  return (
    <li className="moving recent-row" style={{ transform: `translateY(${top}px)` }}>
      <time>{formatTime(h.time, zone, 'second')}</time>
      <Link to={`/assets/${encodeURIComponent(h.asset.id)}`}>{textIn(h.asset.name, language) || h.asset.id}</Link>
      <span className="summary-what">
        {h.more > 0 ? t('recent.points', { count: h.more + 1 }) : pointTitle(h.point, language)}
      </span>
      <span className="recent-to">
        {h.more === 0 && (
          <>
            <State of={h} value={h.old} />
            <span aria-hidden="true">→</span>
          </>
        )}
        {h.more > 0 ? <QualityMark quality={h.next.quality} /> : <State of={h} value={h.next} />}
      </span>
    </li>
  );
});

/** The last hour's state changes, newest first. */
export function Recent({ zone }: { zone: string }) {
  const { t } = useText();
  const all = useChanges();
  const row = useMedia(PHONE) ? ROW_PHONE : ROW;
  return (
    <section className="panel summary-panel" aria-label={t('recent.title')}>
      <h2>{t('recent.title')}</h2>
      <div className="summary-list" role="group" aria-label={t('recent.title')} tabIndex={0}>
        {all.length === 0 && <p className="muted">{t('recent.none')}</p>}
        <ul style={{ height: all.length * row }}>
          {all.map((h, i) => (
            <Row key={h.id} h={h} top={i * row} zone={zone} />
          ))}
        </ul>
      </div>
    </section>
  );
}
