// What is drawn by hand onto a panel's canvas, below and above its lines.
import type uPlot from 'uplot';
import type { Quality } from '../api/types';
import type { Column, Run } from './series';

const STRIP = 6; // css px a track, at the bottom

/** A tile of slanted lines: what is not as it should be, readable without its colour. */
export function hatch(color: string): CanvasPattern | string {
  const tile = document.createElement('canvas');
  const size = 6 * devicePixelRatio;
  tile.width = tile.height = size;
  const c = tile.getContext('2d');
  if (!c) return color;
  c.strokeStyle = color;
  c.lineWidth = 1.6 * devicePixelRatio;
  c.beginPath();
  for (const shift of [-size, 0, size]) {
    c.moveTo(shift - 1, size + 1);
    c.lineTo(shift + size + 1, -1);
  }
  c.stroke();
  return c.createPattern(tile, 'repeat') ?? color;
}

function clipped(u: uPlot, draw: (c: CanvasRenderingContext2D) => void): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx);
  ctx.restore();
}

/** The area between the least and the most of each step; a gap ends it. */
export function drawEnvelope(u: uPlot, times: readonly number[], low: Column, high: Column, color: string): void {
  if (low.length === 0 || high.length === 0 || times.length === 0) return;
  const [from, to] = u.series[0]?.idxs ?? [0, times.length - 1];
  clipped(u, (c) => {
    c.fillStyle = color;
    c.globalAlpha = 0.22;
    let run: number[] = [];
    const flush = () => {
      if (run.length > 0) {
        c.beginPath();
        for (const i of run) c.lineTo(u.valToPos(times[i] ?? 0, 'x', true), u.valToPos(high[i] ?? 0, 'y', true));
        for (const i of run.reverse()) c.lineTo(u.valToPos(times[i] ?? 0, 'x', true), u.valToPos(low[i] ?? 0, 'y', true));
        c.closePath();
        c.fill();
      }
      run = [];
    };
    for (let i = Math.max(from - 1, 0); i <= Math.min(to + 1, times.length - 1); i++) {
      const [l, h] = [low[i], high[i]];
      if (l === undefined || h === undefined) continue;
      if (l === null || h === null) flush();
      else run.push(i);
    }
    flush();
  });
}

/** Where alarms and tickets began. */
export function drawMarks(u: uPlot, marks: readonly { readonly at: number; readonly color: string }[]): void {
  if (marks.length === 0) return;
  clipped(u, (c) => {
    c.lineWidth = devicePixelRatio;
    c.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const m of marks) {
      const x = Math.round(u.valToPos(m.at, 'x', true)) + 0.5;
      c.strokeStyle = m.color;
      c.beginPath();
      c.moveTo(x, u.bbox.top);
      c.lineTo(x, u.bbox.top + u.bbox.height);
      c.stroke();
    }
  });
}

/** Tints what was not good and hatches it at the foot, a strip a track. */
export function drawRuns(
  u: uPlot,
  tracks: readonly (readonly Run[])[],
  colors: Readonly<Record<Quality, string>>,
  hatchOf: (q: Quality) => CanvasPattern | string,
): void {
  const { bbox } = u;
  const strip = STRIP * devicePixelRatio;
  clipped(u, (c) => {
    tracks.forEach((runs, track) => {
      const foot = bbox.top + bbox.height - strip * (track + 1);
      for (const r of runs) {
        const x0 = u.valToPos(r.from, 'x', true);
        const x1 = Math.max(u.valToPos(r.to, 'x', true), x0 + 3 * devicePixelRatio);
        if (x1 < bbox.left || x0 > bbox.left + bbox.width) continue;
        c.globalAlpha = 0.08;
        c.fillStyle = colors[r.quality];
        c.fillRect(x0, bbox.top, x1 - x0, bbox.height);
        c.globalAlpha = 1;
        c.fillStyle = hatchOf(r.quality);
        c.fillRect(x0, foot, x1 - x0, strip);
      }
    });
  });
}

interface Ink {
  readonly limit: string;
  readonly text: string;
  readonly back: string;
  readonly font: string;
}

const LABEL = 14; // css px, a label's height

/**
 * Limits as dash-dotted lines, each with its words at the right: above its
 * line, or below where others have that place; a third has none.
 */
export function drawLimits(u: uPlot, limits: readonly { readonly value: number; readonly text: string }[], ink: Ink): void {
  if (limits.length === 0) return;
  const { bbox } = u;
  const px = devicePixelRatio;
  const foot = bbox.top + bbox.height;
  const seen = limits
    .map((l) => ({ text: l.text, y: Math.round(u.valToPos(l.value, 'y', true)) + 0.5 }))
    .filter(({ y }) => y >= bbox.top - 1 && y <= foot + 1);
  const taken: number[] = [];
  const free = (top: number) => top >= bbox.top && top + LABEL * px <= foot && taken.every((t) => Math.abs(t - top) >= LABEL * px);
  clipped(u, (c) => {
    c.strokeStyle = ink.limit;
    c.lineWidth = 1.25 * px;
    c.setLineDash([9 * px, 3 * px, 2 * px, 3 * px]);
    for (const { y } of seen) {
      c.beginPath();
      c.moveTo(bbox.left, y);
      c.lineTo(bbox.left + bbox.width, y);
      c.stroke();
    }
    c.font = ink.font.replace(/^(\d+)px/, (_, n: string) => `${Number(n) * px * 0.92}px`);
    c.textAlign = 'right';
    c.textBaseline = 'middle';
    for (const { text, y } of seen) {
      const top = [y - (LABEL + 2) * px, y + 2 * px].find(free);
      if (text === '' || top === undefined) continue;
      taken.push(top);
      const width = c.measureText(text).width + 8 * px;
      c.fillStyle = ink.back;
      c.globalAlpha = 0.9; // what is behind it is a line of another limit, or the trend
      c.fillRect(bbox.left + bbox.width - width, top, width, LABEL * px);
      c.globalAlpha = 1;
      c.fillStyle = ink.text;
      c.fillText(text, bbox.left + bbox.width - 4 * px, top + (LABEL / 2) * px);
    }
  });
}
