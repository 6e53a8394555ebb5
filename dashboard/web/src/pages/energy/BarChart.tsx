import { useId, useState } from 'react';
import { useWidth } from '../../charts/useWidth';
import { formatNumber, formatShort } from '../../points/format';
import { useText } from '../../ui/useText';
import { barLabel, barSpan } from './labels';
import type { Bar, Compared, Every } from './periods';

interface Props {
  readonly compared: Compared;
  readonly every: Every;
  readonly unit: string;
  readonly decimals: number;
  readonly zone: string;
  readonly at: number; // now, ms
  readonly title: string;
}

const HEIGHT = 260;
const LEFT = 64;
const TOP = 22;
const FOOT = 26;
const LABEL = 52; // css px that a label needs

/** Round numbers for an axis from 0, four or so. */
function ticks(most: number): number[] {
  if (most <= 0) return [0];
  const rough = most / 4;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * size).find((s) => s >= rough) ?? rough;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => i * step);
}

/** A bar for each period; the one of the period before stands behind it as an outline. */
export function BarChart({ compared, every, unit, decimals, zone, at, title }: Props) {
  const { t, language } = useText();
  const [ref, width] = useWidth<HTMLDivElement>();
  const [over, setOver] = useState<number | null>(null);
  const id = useId();
  const { now, before } = compared;
  const most = Math.max(...now.map((b) => b.amount ?? 0), ...before.map((b) => b?.amount ?? 0), 0);
  const marks = ticks(most);
  const top = Math.max(most, marks.at(-1) ?? 0, 1e-9);
  const inner = Math.max(width - LEFT - 8, 10);
  const slot = inner / Math.max(now.length, 1);
  const wide = Math.max(slot * 0.62, 2);
  const y = (v: number) => TOP + (HEIGHT - TOP - FOOT) * (1 - v / top);
  const foot = HEIGHT - FOOT;
  const labelEvery = Math.max(1, Math.ceil(LABEL / slot));
  const say = (n: number | null) => (n === null ? t('value.none') : `${formatNumber(n, decimals, language)} ${unit}`);
  const flags = (b: Bar) =>
    [
      b.estimated ? t('energy.estimated') : '',
      b.reset ? t('energy.reset') : '',
      b.partial ? t('energy.partial') : '',
      b.end > at && b.start <= at ? t('energy.running') : '',
      b.amount === null ? t('energy.unknown') : '',
    ]
      .filter(Boolean)
      .join(' · ');
  const shown = over === null ? undefined : now[over];
  const old = over === null ? undefined : before[over];
  return (
    <div ref={ref} className="bars">
      <p className="bars-said">
        {shown ? (
          <>
            <b>{barSpan(shown, every, zone)}</b> {say(shown.amount)} {flags(shown) !== '' && <span className="muted">({flags(shown)})</span>}{' '}
            {old && <span className="muted">{t('energy.beforeWas', { amount: say(old.amount) })}</span>}
          </>
        ) : (
          <span className="muted">{t('energy.barsHint')}</span>
        )}
      </p>
      {width > 0 && (
        <svg
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={title}
          onPointerLeave={() => setOver(null)}
          onPointerMove={(e) => {
            const x = e.clientX - e.currentTarget.getBoundingClientRect().left - LEFT;
            const i = Math.floor(x / slot);
            setOver(i >= 0 && i < now.length ? i : null);
          }}
        >
          <defs>
            <pattern id={`${id}h`} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect width="7" height="7" className="bar-hatch-back" />
              <path d="M0 0v7" className="bar-hatch-line" />
            </pattern>
          </defs>
          {marks.map((v) => (
            <g key={v}>
              <line x1={LEFT} x2={width - 8} y1={y(v)} y2={y(v)} className="bar-grid" />
              <text x={LEFT - 8} y={y(v) + 4} textAnchor="end" className="bar-text">
                {formatShort(v, language)}
              </text>
            </g>
          ))}
          <text x={LEFT - 8} y={11} textAnchor="end" className="bar-text">
            {unit}
          </text>
          {now.map((b, i) => {
            const x = LEFT + slot * i + (slot - wide) / 2;
            const was = before[i]?.amount ?? null;
            const running = b.end > at;
            const kind = b.estimated || b.partial ? 'bar-odd' : running ? 'bar-running' : 'bar-full';
            return (
              <g key={b.start} className={over === i ? 'bar bar-over' : 'bar'}>
                {was !== null && (
                  <rect x={x - slot * 0.1} y={y(was)} width={wide + slot * 0.2} height={Math.max(foot - y(was), 0)} className="bar-before" />
                )}
                {b.amount !== null && (
                  <rect
                    x={x}
                    y={y(b.amount)}
                    width={wide}
                    height={Math.max(foot - y(b.amount), 0)}
                    className={kind}
                    {...(kind === 'bar-odd' ? { fill: `url(#${id}h)` } : {})}
                  />
                )}
                {b.amount === null && b.start <= at && (
                  <text x={x + wide / 2} y={foot - 5} textAnchor="middle" className="bar-text">
                    ?
                  </text>
                )}
                {b.reset && (
                  <text x={x + wide / 2} y={y(b.amount ?? 0) - 5} textAnchor="middle" className="bar-sign">
                    ↺
                  </text>
                )}
                {i % labelEvery === 0 && (
                  <text x={x + wide / 2} y={HEIGHT - 8} textAnchor="middle" className="bar-text">
                    {barLabel(b, every, zone)}
                  </text>
                )}
              </g>
            );
          })}
          <line x1={LEFT} x2={width - 8} y1={foot} y2={foot} className="bar-base" />
        </svg>
      )}
      <ul className="bars-key">
        <li>
          <span className="key-full" aria-hidden="true" /> {t('energy.keyNow')}
        </li>
        <li>
          <span className="key-before" aria-hidden="true" /> {t('energy.keyBefore')}
        </li>
        {now.some((b) => b.estimated || b.partial) && (
          <li>
            <span className="key-odd" aria-hidden="true" /> {t('energy.keyOdd')}
          </li>
        )}
        {now.some((b) => b.reset) && (
          <li>
            <span aria-hidden="true">↺</span> {t('energy.reset')}
          </li>
        )}
        {compared.running && (
          <li>
            <span className="key-running" aria-hidden="true" /> {t('energy.running')}
          </li>
        )}
        {now.some((b) => b.amount === null && b.start <= at) && (
          <li>
            <b aria-hidden="true">?</b> {t('energy.unknown')}
          </li>
        )}
      </ul>
    </div>
  );
}
