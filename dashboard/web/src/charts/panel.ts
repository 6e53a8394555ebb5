// The only file that knows uPlot.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Quality } from '../api/types';
import { type TimeShape, formatTime, knownZone } from '../points/format';
import type { Plot } from './series';

export interface PanelTrack {
  readonly color: string;
  readonly dash: readonly number[];
  readonly stepped: boolean;
}

export interface PanelOptions {
  readonly zone: string;
  readonly width: number;
  readonly height: number;
  readonly tracks: readonly PanelTrack[];
  /** Names codes on the axis; without it the axis has numbers. */
  readonly codeText: ((code: number) => string) | null;
  readonly number: (n: number, decimals: number) => string;
  readonly colors: {
    readonly text: string;
    readonly grid: string;
    readonly quality: Readonly<Record<Quality, string>>;
  };
  readonly syncKey: string;
  /** The instant under the pointer, or null. */
  readonly onCursor: (ms: number | null) => void;
}

const FONT = "12px system-ui, 'Noto Sans CJK SC', sans-serif";
const STRIP = 6; // css px a track, at the bottom
const DAY = 86_400_000;
const AXIS = 76; // css px; the same for numbers and codes, so that panels stand in line
const MAX_CODES = 5; // named on an axis; the rest is read under the pointer
const MAX_NAME = 11; // letters

/** Room around what is seen: little, and not below zero for what never is. */
function yRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  const pad = max > min ? (max - min) * 0.08 : Math.max(Math.abs(max) * 0.05, 1);
  return [min >= 0 ? Math.max(0, min - pad) : min - pad, max + pad];
}

function shapeFor(increment: number): TimeShape {
  if (increment >= DAY) return 'day';
  return increment >= 60_000 ? 'minute' : 'second';
}

function hatch(color: string): CanvasPattern | string {
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

/** One chart: lines over a window of time, with what was not good hatched at its foot. */
export class Panel {
  private readonly chart: uPlot;
  private readonly hatches = new Map<Quality, CanvasPattern | string>();
  private runs: Plot['runs'] = [];
  private codes: number[] = [];
  private window: [number, number] = [0, 1];

  constructor(
    parent: HTMLElement,
    private readonly o: PanelOptions,
  ) {
    this.chart = new uPlot(this.options(), [[], ...o.tracks.map(() => [])] as uPlot.AlignedData, parent);
  }

  /** Draws the plot over [from, to], ms. */
  draw(plot: Plot, from: number, to: number): void {
    this.runs = plot.runs;
    this.window = [from, to];
    let ys = plot.ys;
    if (this.o.codeText) {
      // Codes may lie far apart (1, 101, 701); what is seen gets an even place each.
      this.codes = [...new Set(ys.flat().filter((y) => typeof y === 'number'))].sort((a, b) => a - b);
      const place = new Map(this.codes.map((c, i) => [c, i]));
      ys = ys.map((y) => y.map((n) => (typeof n === 'number' ? place.get(n) : n)));
    }
    this.chart.setData([plot.times, ...ys], true);
  }

  resize(width: number, height: number): void {
    if (width !== this.chart.width || height !== this.chart.height) this.chart.setSize({ width, height });
  }

  destroy(): void {
    this.chart.destroy();
  }

  private options(): uPlot.Options {
    const { o } = this;
    const axis = { stroke: o.colors.text, font: FONT, grid: { stroke: o.colors.grid, width: 1 }, ticks: { stroke: o.colors.grid, width: 1 } };
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    return {
      width: o.width,
      height: o.height,
      ms: 1,
      padding: [8, 12, 0, 0],
      tzDate: (ms) => uPlot.tzDate(new Date(ms), knownZone(o.zone)),
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: o.syncKey }, points: { size: 7 } },
      scales: { x: { time: true, range: () => this.window }, y: this.yScale() },
      axes: [
        {
          ...axis,
          space: 72,
          size: 30,
          values: (_, splits, __, ___, increment) => splits.map((s) => formatTime(s, o.zone, shapeFor(increment))),
        },
        this.yAxis(axis),
      ],
      series: [
        {},
        ...o.tracks.map((t): uPlot.Series => {
          const series: uPlot.Series = {
            stroke: t.color,
            width: 1.75,
            dash: [...t.dash],
            points: { show: (u, i) => u.data[0].length < 40 && (u.data[i]?.length ?? 0) > 0, size: 4, fill: t.color },
          };
          if (t.stepped && stepped) series.paths = stepped;
          return series;
        }),
      ],
      hooks: {
        drawClear: [(u) => this.drawRuns(u)],
        setCursor: [(u) => o.onCursor((u.cursor.left ?? -1) < 0 ? null : u.posToVal(u.cursor.left ?? 0, 'x'))],
      },
    };
  }

  private yScale(): uPlot.Scale {
    if (!this.o.codeText) return { range: (_, min, max) => yRange(min, max) };
    return { range: () => [-0.5, Math.max(this.codes.length, 1) - 0.5] };
  }

  private yAxis(axis: Partial<uPlot.Axis>): uPlot.Axis {
    const { codeText, number } = this.o;
    if (codeText) {
      return {
        ...axis,
        size: AXIS,
        splits: () => {
          const every = Math.ceil(this.codes.length / MAX_CODES);
          return this.codes.map((_, i) => i).filter((i) => i % every === 0);
        },
        values: (_, splits) =>
          splits.map((i) => {
            const name = codeText(this.codes[i] ?? NaN);
            return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name;
          }),
      };
    }
    return {
      ...axis,
      size: AXIS,
      values: (_, splits, __, ___, increment) => {
        const decimals = increment >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(increment) - 1e-9));
        return splits.map((n) => number(n, decimals));
      },
    };
  }

  private drawRuns(u: uPlot): void {
    const { ctx, bbox } = u;
    const strip = STRIP * devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    this.runs.forEach((runs, track) => {
      const foot = bbox.top + bbox.height - strip * (track + 1);
      for (const r of runs) {
        const x0 = u.valToPos(r.from, 'x', true);
        const x1 = Math.max(u.valToPos(r.to, 'x', true), x0 + 3 * devicePixelRatio);
        if (x1 < bbox.left || x0 > bbox.left + bbox.width) continue;
        ctx.globalAlpha = 0.08;
        ctx.fillStyle = this.o.colors.quality[r.quality];
        ctx.fillRect(x0, bbox.top, x1 - x0, bbox.height);
        ctx.globalAlpha = 1;
        ctx.fillStyle = this.hatchOf(r.quality);
        ctx.fillRect(x0, foot, x1 - x0, strip);
      }
    });
    ctx.restore();
  }

  private hatchOf(q: Quality): CanvasPattern | string {
    let h = this.hatches.get(q);
    if (h === undefined) this.hatches.set(q, (h = hatch(this.o.colors.quality[q])));
    return h;
  }
}
