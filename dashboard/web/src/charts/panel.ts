// The only file that knows uPlot.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Quality } from '../api/types';
import { formatTime, knownZone } from '../points/format';
import { shapeFor, yRange } from './axes';
import { drawEnvelope, drawLimits, drawMarks, drawRuns, hatch } from './ink';
import type { Plot } from './series';

export interface PanelTrack {
  readonly color: string;
  readonly dash: readonly number[];
  readonly stepped: boolean;
}

export interface PanelLimit {
  readonly value: number;
  readonly text: string;
}

export interface PanelMark {
  readonly at: number; // ms
  readonly color: string;
}

export interface PanelOptions {
  readonly zone: string;
  readonly width: number;
  readonly height: number;
  readonly tracks: readonly PanelTrack[];
  readonly limits: readonly PanelLimit[];
  /** Nothing lies between whole numbers. */
  readonly whole: boolean;
  /** Names codes on the axis; without it the axis has numbers. */
  readonly codeText: ((code: number) => string) | null;
  readonly number: (n: number, decimals: number) => string;
  readonly colors: {
    readonly text: string;
    readonly grid: string;
    readonly limit: string;
    readonly back: string;
    readonly quality: Readonly<Record<Quality, string>>;
  };
  readonly syncKey: string;
  /** The instant under the pointer, or null. */
  readonly onCursor: (ms: number | null) => void;
}

const FONT = "12px system-ui, 'Noto Sans CJK SC', sans-serif";
/** Room beside the plot, css px; the same for numbers and codes, so that panels stand in line. */
export const AXIS = 76;
export const RIGHT = 12;
const MAX_CODES = 5; // named on an axis; the rest is read under the pointer
const MAX_NAME = 11; // letters
const WHOLE = Array.from({ length: 36 }, (_, i) => ([1, 2, 5][i % 3] ?? 1) * 10 ** Math.floor(i / 3));
const FEW = 40; // samples in sight that are drawn as dots too

/** Samples with nothing beside them: a line through one is nothing, so it gets a dot. */
function alone(u: uPlot, series: number): number[] {
  const ys = u.data[series] ?? [];
  const [from, to] = u.series[0]?.idxs ?? [0, 0];
  const out: number[] = [];
  let before: number | null | undefined = null;
  for (let i = from; i <= to; i++) {
    const y = ys[i];
    if (y === undefined) continue;
    if (y !== null && before === null) {
      let next = i + 1;
      while (next <= to && ys[next] === undefined) next++;
      if ((ys[next] ?? null) === null) out.push(i);
    }
    before = y;
  }
  return out;
}

/** One chart: lines over a window of time, with what was not good hatched at its foot. */
export class Panel {
  private readonly chart: uPlot;
  private readonly hatches = new Map<Quality, CanvasPattern | string>();
  private shown: Plot = { times: [], ys: [], lows: [], highs: [], runs: [] };
  private codes: number[] = [];
  private marks: readonly PanelMark[] = [];
  private window: [number, number] = [0, 1];

  constructor(
    parent: HTMLElement,
    private readonly o: PanelOptions,
  ) {
    const empty = [[], ...o.tracks.flatMap(() => [[], [], []])] as uPlot.AlignedData;
    this.chart = new uPlot(this.options(), empty, parent);
  }

  /** The part that gestures are made on. */
  get area(): HTMLElement {
    return this.chart.over;
  }

  get canvas(): HTMLCanvasElement {
    return this.chart.ctx.canvas;
  }

  /** Draws the plot over [from, to], ms. */
  draw(plot: Plot, from: number, to: number): void {
    this.shown = plot;
    let ys = plot.ys;
    if (this.o.codeText) {
      // Codes may lie far apart (1, 101, 701); what is seen gets an even place each.
      this.codes = [...new Set(ys.flat().filter((y) => typeof y === 'number'))].sort((a, b) => a - b);
      const place = new Map(this.codes.map((c, i) => [c, i]));
      ys = ys.map((y) => y.map((n) => (typeof n === 'number' ? place.get(n) : n)));
    }
    const empty = (of: Plot['ys']) => of.map((y) => (y.length > 0 ? y : new Array<null>(plot.times.length).fill(null)));
    this.chart.batch(() => {
      this.chart.setData([plot.times, ...ys, ...empty(plot.lows), ...empty(plot.highs)], false);
      this.show(from, to);
    });
  }

  /** Moves the window without new data. */
  show(from: number, to: number): void {
    this.window = [from, to];
    this.chart.setScale('x', { min: from, max: to });
  }

  mark(marks: readonly PanelMark[]): void {
    this.marks = marks;
    this.chart.redraw(false, false);
  }

  /** Shows a stretch that is being marked, as shares of the window. */
  select(from: number, to: number): void {
    const { width, height } = this.chart.over.getBoundingClientRect();
    this.chart.setSelect({ left: from * width, top: 0, width: (to - from) * width, height: to > from ? height : 0 }, false);
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
    return {
      width: o.width,
      height: o.height,
      ms: 1,
      padding: [8, RIGHT, 0, 0],
      tzDate: (ms) => uPlot.tzDate(new Date(ms), knownZone(o.zone)),
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false, setScale: false }, sync: { key: o.syncKey }, points: { size: 7 } },
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
      series: [{}, ...o.tracks.map((t) => this.series(t)), ...o.tracks.map(hidden), ...o.tracks.map(hidden)],
      hooks: {
        drawClear: [(u) => this.under(u)],
        draw: [(u) => drawLimits(u, o.limits, { ...o.colors, font: FONT })],
        setCursor: [(u) => o.onCursor((u.cursor.left ?? -1) < 0 ? null : u.posToVal(u.cursor.left ?? 0, 'x'))],
      },
    };
  }

  private series(t: PanelTrack): uPlot.Series {
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    const few = (u: uPlot) => {
      const [from, to] = u.series[0]?.idxs ?? [0, 0];
      return to - from < FEW;
    };
    const series: uPlot.Series = {
      stroke: t.color,
      width: 1.75,
      dash: [...t.dash],
      points: { show: few, filter: (u, i, show) => (show ? null : alone(u, i)), size: 4, fill: t.color },
    };
    if (t.stepped && stepped) series.paths = stepped;
    return series;
  }

  private yScale(): uPlot.Scale {
    if (!this.o.codeText) return { range: (_, min, max) => yRange(min, max, this.o.limits) };
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
      ...(this.o.whole ? { incrs: WHOLE } : {}),
      values: (_, splits, __, ___, increment) => {
        const decimals = increment >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(increment) - 1e-9));
        return splits.map((n) => number(n, decimals));
      },
    };
  }

  private under(u: uPlot): void {
    this.o.tracks.forEach((t, i) => {
      drawEnvelope(u, this.shown.times, this.shown.lows[i] ?? [], this.shown.highs[i] ?? [], t.color);
    });
    drawMarks(u, this.marks);
    drawRuns(u, this.shown.runs, this.o.colors.quality, (q) => this.hatchOf(q));
  }

  private hatchOf(q: Quality): CanvasPattern | string {
    let h = this.hatches.get(q);
    if (h === undefined) this.hatches.set(q, (h = hatch(this.o.colors.quality[q])));
    return h;
  }
}

/** An edge of an envelope: it counts for the axis and is drawn by hand. */
function hidden(): uPlot.Series {
  return { stroke: 'transparent', width: 0, paths: () => null, points: { show: false } };
}
