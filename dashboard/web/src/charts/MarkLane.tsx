import { type CSSProperties, useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import { formatTime, textIn } from '../points/format';
import { named, useText } from '../ui/useText';
import { type Cluster, type Mark, addressOf, cluster, worst } from './marks';
import { AXIS, RIGHT } from './panel';
import type { Viewport } from './viewport';

const APART = 38; // css px
const LISTED = 5; // marks of a cluster that are told

interface Props {
  readonly marks: readonly Mark[];
  readonly viewport: Viewport;
  readonly span: readonly [number, number]; // where the view came to rest, ms
  readonly width: number;
  readonly zone: string;
  readonly assetName: ((id: string) => string) | null; // where a chart has several
}

const seconds = (ms: number, base: number) => ((ms - base) / 1000).toFixed(3);

/** Alarms and tickets along the chart's time, in lanes that keep their place when there are none: a shape, a word, and a line for as long as they lasted. */
export function MarkLane({ marks, viewport, span, width, zone, assetName }: Props) {
  const { t } = useText();
  const lane = useRef<HTMLDivElement>(null);
  const base = span[0];
  const inner = width - AXIS - RIGHT;
  const lanes = useMemo(
    () =>
      (['alarm', 'ticket'] as const).map((kind) => ({
        kind,
        clusters: cluster(marks.filter((m) => m.kind === kind), span[0], span[1], inner, APART),
      })),
    [marks, span, inner],
  );
  // The lane moves with the chart by two numbers of its style: nothing renders.
  useEffect(() => {
    const place = () => {
      const [from, to] = viewport.bounds();
      lane.current?.style.setProperty('--from', seconds(from, base));
      lane.current?.style.setProperty('--long', seconds(to, from));
    };
    place();
    const every = setInterval(place, 1000);
    const end = viewport.subscribe(place);
    return () => {
      clearInterval(every);
      end();
    };
  }, [viewport, base, lanes]);
  return (
    <div ref={lane} className="mark-lanes" style={{ marginInlineStart: AXIS, marginInlineEnd: RIGHT }}>
      {lanes.map(({ kind, clusters }) => (
        <div key={kind} className="mark-lane">
          <span className="mark-name" aria-hidden="true" style={{ width: AXIS }}>
            {t(`marks.${kind}s`)}
          </span>
          {clusters.length > 0 && (
            <ul aria-label={t(`marks.${kind}s`)}>
              {clusters.map((c) => (
                <MarkItem key={c.marks[0]?.id} cluster={c} base={base} zone={zone} viewport={viewport} assetName={assetName} />
              ))}
            </ul>
          )}
        </div>
      ))}
    </div>
  );
}

interface ItemProps {
  readonly cluster: Cluster;
  readonly base: number;
  readonly zone: string;
  readonly viewport: Viewport;
  readonly assetName: ((id: string) => string) | null;
}

function MarkItem({ cluster: c, base, zone, viewport, assetName }: ItemProps) {
  const { t, language } = useText();
  const [told, setTold] = useState(false);
  const [first] = c.marks;
  if (!first) return null;
  const priority = worst(c.marks);
  const describe = (m: Mark) => {
    const end = m.until === null ? t('marks.notOver') : t('marks.until', { at: formatTime(m.until, zone) });
    const asset = assetName === null ? '' : ` · ${assetName(m.asset)}`;
    return `${m.priority} ${textIn(m.title, language)}${asset} · ${formatTime(m.at, zone)} · ${end} · ${named(t, m.kind === 'alarm' ? 'alarmState' : 'ticketState', m.state)}`;
  };
  const single = c.marks.length === 1;
  const style: CSSProperties & Record<`--${string}`, string> = { '--at': seconds(first.at, base) };
  if (single) style['--until'] = first.until === null ? '1e9' : seconds(first.until, base);
  const spoken = single ? `${t(`marks.${first.kind}`)} ${describe(first)}` : t(`marks.several.${first.kind}`, { count: c.marks.length });
  const look = (
    <>
      <svg className="shape" viewBox="0 0 16 16" aria-hidden="true">
        {first.kind === 'alarm' ? (
          <path d="M8 1.5l6.5 12.5h-13z" fill="currentColor" />
        ) : (
          <path d="M3 2h10v12H3zM5.5 5.5h5M5.5 8h5M5.5 10.5h3" fill="none" stroke="currentColor" strokeWidth="1.6" />
        )}
      </svg>
      {single ? priority : c.marks.length}
    </>
  );
  const hear = { onPointerEnter: () => setTold(true), onPointerLeave: () => setTold(false), onFocus: () => setTold(true), onBlur: () => setTold(false) };
  const last = c.marks.at(-1)?.at ?? first.at;
  return (
    <li className={`mark-item mark-${priority}`} style={style} {...hear}>
      {single && <span className="mark-span" aria-hidden="true" />}
      {single ? (
        <Link to={addressOf(first)} className="mark-sign" aria-label={spoken}>
          {look}
        </Link>
      ) : (
        <button
          type="button"
          className="mark-sign"
          aria-label={spoken}
          onClick={() => {
            const pad = Math.max((last - first.at) * 0.2, 30_000);
            viewport.go(first.at - pad, last + pad);
          }}
        >
          {look}
        </button>
      )}
      {told && (
        <span className="mark-told" aria-hidden="true">
          {c.marks.slice(0, LISTED).map((m) => (
            <span key={m.id}>{`${m.id} ${describe(m)}`}</span>
          ))}
          {c.marks.length > LISTED && <span>{t('marks.more', { n: c.marks.length - LISTED })}</span>}
        </span>
      )}
    </li>
  );
}
