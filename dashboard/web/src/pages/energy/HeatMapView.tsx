import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useWidth } from '../../charts/useWidth';
import { hatch } from '../../charts/ink';
import { formatNumber } from '../../points/format';
import { usePrefs } from '../../ui/prefs';
import { useText } from '../../ui/useText';
import type { HeatMap } from './load';

const HOURS = 24;
const LEFT = 48;
const FOOT = 22;
const ROW = 13; // css px

type Colour = readonly [number, number, number];

const RAMP: Readonly<Record<'light' | 'dark', readonly [Colour, Colour, Colour]>> = {
  light: [[236, 241, 246], [120, 163, 204], [18, 58, 104]],
  dark: [[38, 46, 54], [52, 103, 155], [190, 224, 255]],
};

/** A colour of the ramp for a share of 0 to 1: darker, or on dark lighter, is more. */
function shade(share: number, dark: boolean): string {
  const [a, b, c] = RAMP[dark ? 'dark' : 'light'];
  const [from, to, at] = share < 0.5 ? [a, b, share * 2] : [b, c, share * 2 - 1];
  return `rgb(${from.map((x, i) => Math.round(x + ((to[i] ?? x) - x) * at)).join(' ')})`;
}

interface Props {
  readonly heat: HeatMap;
  readonly unit: string;
  readonly decimals: number;
  readonly label: string;
}

/** Load by hour and day: one look shows what runs at night and at weekends. */
export function HeatMapView({ heat, unit, decimals, label }: Props) {
  const { t, language } = useText();
  const { dark } = usePrefs();
  const [ref, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [at, setAt] = useState<readonly [number, number] | null>(null); // day, hour
  const days = heat.days.length;
  const cell = Math.max((width - LEFT) / Math.max(days, 1), 1);
  const height = HOURS * ROW + FOOT;
  const range = heat.most - heat.least;

  useEffect(() => {
    const c = canvas.current?.getContext('2d');
    if (!c || width <= 0) return;
    const px = devicePixelRatio;
    const style = getComputedStyle(document.documentElement);
    const muted = style.getPropertyValue('--muted').trim();
    const unknown = hatch(style.getPropertyValue('--line').trim());
    c.canvas.width = width * px;
    c.canvas.height = height * px;
    c.clearRect(0, 0, c.canvas.width, c.canvas.height);
    heat.cells.forEach((v, i) => {
      const [d, h] = [Math.floor(i / HOURS), i % HOURS];
      c.fillStyle = v === null ? unknown : shade(range > 0 ? (v - heat.least) / range : 0.5, dark);
      const x = Math.floor((LEFT + d * cell) * px);
      const right = Math.floor((LEFT + (d + 1) * cell) * px);
      const gap = cell > 6 ? px : 0;
      c.fillRect(x, h * ROW * px, right - x - gap, ROW * px - (cell > 6 ? px : 0));
    });
    c.fillStyle = muted;
    c.font = `${11 * px}px ${style.getPropertyValue('--font')}`;
    c.textBaseline = 'middle';
    c.textAlign = 'right';
    for (let h = 0; h < HOURS; h += 3) c.fillText(`${String(h).padStart(2, '0')}:00`, (LEFT - 6) * px, (h + 0.5) * ROW * px);
    c.textAlign = 'left';
    const every = Math.max(1, Math.ceil(48 / cell));
    for (let d = 0; d < days; d += every) {
      if (LEFT + d * cell > width - 34) break;
      c.fillText((heat.days[d] ?? '').slice(5), (LEFT + d * cell) * px, (HOURS * ROW + 11) * px);
    }
  }, [heat, width, height, cell, days, range, dark]);

  const key = (e: KeyboardEvent) => {
    const by: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = by[e.key];
    if (!step) return;
    e.preventDefault();
    const [d, h] = at ?? [days - 1, 0];
    setAt([Math.min(Math.max(d + step[0], 0), days - 1), Math.min(Math.max(h + step[1], 0), HOURS - 1)]);
  };
  const value = at ? (heat.cells[at[0] * HOURS + at[1]] ?? null) : null;
  const two = (n: number) => String(n).padStart(2, '0');
  const say = (n: number) => `${formatNumber(n, decimals, language)} ${unit}`;
  return (
    <div className="heat">
      <p className="bars-said" role="status">
        {at ? (
          <>
            <b>{`${heat.days[at[0]] ?? ''} ${two(at[1])}:00–${two(at[1] + 1)}:00`}</b> {value === null ? t('energy.unknown') : say(value)}
          </>
        ) : (
          <span className="muted">{t('energy.heatHint')}</span>
        )}
      </p>
      <div ref={ref} className="heat-box" role="application" tabIndex={0} aria-label={label} onKeyDown={key} onBlur={() => setAt(null)}>
        <canvas
          ref={canvas}
          style={{ width, height }}
          onPointerLeave={() => setAt(null)}
          onPointerMove={(e) => {
            const box = e.currentTarget.getBoundingClientRect();
            const d = Math.floor((e.clientX - box.left - LEFT) / cell);
            const h = Math.floor((e.clientY - box.top) / ROW);
            setAt(d >= 0 && d < days && h >= 0 && h < HOURS ? [d, h] : null);
          }}
        />
        {at && <span className="heat-at" aria-hidden="true" style={{ left: LEFT + at[0] * cell, top: at[1] * ROW, width: cell, height: ROW }} />}
      </div>
      <p className="heat-key">
        <span>{say(heat.least)}</span>
        <span
          className="heat-ramp"
          aria-hidden="true"
          style={{ background: `linear-gradient(to right, ${[0, 0.25, 0.5, 0.75, 1].map((s) => shade(s, dark)).join(', ')})` }}
        />
        <span>{say(heat.most)}</span>
        <span className="key-none" aria-hidden="true" />
        <span>{t('energy.unknown')}</span>
      </p>
    </div>
  );
}
