// A chart as a picture for a report: what people were asked to do, then panels under each other with their legends.
import type { Mark } from './marks';
import { AXIS, RIGHT } from './panel';

export interface PicturePanel {
  readonly canvas: HTMLCanvasElement;
  readonly legend: readonly { readonly text: string; readonly color: string; readonly dash: readonly number[] }[];
  readonly unit: string;
}

/** A lane of marks above the panels, on the same time. */
export interface PictureLane {
  readonly name: string;
  readonly marks: readonly LaneMark[];
}
interface LaneMark {
  readonly x: number; // css px from where the time begins
  readonly long: number; // css px
  readonly text: string; // as much as has room; '' for none
  readonly textX: number; // css px; before the sign where there is no room behind it
  readonly priority: string;
}

/** Marks as they lie on a width of css px from one instant to another; one that has no room for its words says its priority. */
export function laneMarks(
  marks: readonly Mark[], [from, to]: readonly [number, number], now: number, width: number,
  words: (m: Mark) => string, measure: (text: string) => number,
): LaneMark[] {
  const at = (ms: number) => (Math.min(Math.max(ms, from), to) - from) * (width / (to - from));
  const seen = marks.filter((m) => m.at < to && (m.until ?? now) >= from).sort((a, b) => a.at - b.at);
  let free = 0; // of words from here on
  return seen.map((m, i) => {
    const x = at(m.at);
    const next = seen[i + 1];
    const room = (next ? at(next.at) : width) - x - SIGN;
    const whole = `${m.priority} ${words(m)}`;
    const before = x - SIGN / 2 - measure(whole);
    const left = measure(whole) > room && before >= free;
    const text = left ? whole : ([whole, m.priority].find((s) => measure(s) <= room) ?? '');
    free = x + SIGN + (left ? 0 : measure(text));
    return { x, long: at(m.until ?? now) - x, text, textX: left ? before : x + SIGN / 2, priority: m.priority };
  });
}

export interface PictureInk {
  readonly back: string;
  readonly text: string;
  readonly font: string;
  readonly mark: (priority: string) => string; // colour
}

/** The width of the time that a canvas of a panel shows, css px. */
export const timeWidth = (canvas: HTMLCanvasElement): number => canvas.width / devicePixelRatio - AXIS - RIGHT;

function drawLane(c: CanvasRenderingContext2D, lane: PictureLane, top: number, px: number, ink: PictureInk, write: Write): void {
  write(lane.name, PAD * px, top + (LANE / 2) * px, LANE_FONT);
  for (const m of lane.marks) {
    const x = (PAD + AXIS + m.x) * px;
    c.fillStyle = ink.mark(m.priority);
    c.beginPath();
    c.moveTo(x, top + 6 * px);
    c.lineTo(x + 4 * px, top + 16 * px);
    c.lineTo(x - 4 * px, top + 16 * px);
    c.fill();
    c.fillRect(x, top + 19 * px, Math.max(m.long, 2) * px, 3 * px);
    write(m.text, (PAD + AXIS + m.textX) * px, top + 11 * px, LANE_FONT);
  }
}
type Write = (text: string, x: number, y: number, size: number) => void;

const HEAD = 44; // css px
const ROW = 20;
const PAD = 12;
const LANE = 24;
const SIGN = 14; // of a mark, and the gap behind its words
export const LANE_FONT = 11;

/** Draws lanes and panels of one width into a PNG; null where the browser will not. */
export function pictureOf(title: string, under: string, lanes: readonly PictureLane[], panels: readonly PicturePanel[], ink: PictureInk): Promise<Blob | null> {
  const px = devicePixelRatio;
  const width = Math.max(...panels.map((p) => p.canvas.width)) + 2 * PAD * px;
  const height = panels.reduce((sum, p) => sum + p.canvas.height + (p.legend.length * ROW + PAD) * px, (HEAD + PAD + lanes.length * LANE) * px);
  const sheet = document.createElement('canvas');
  sheet.width = width;
  sheet.height = height;
  const c = sheet.getContext('2d');
  if (!c) return Promise.resolve(null);
  c.fillStyle = ink.back;
  c.fillRect(0, 0, width, height);
  c.textBaseline = 'middle';
  const write: Write = (text, x, y, size) => {
    c.font = `${size * px}px ${ink.font}`;
    c.fillStyle = ink.text;
    c.fillText(text, x, y);
  };
  write(title, PAD * px, 16 * px, 15);
  write(under, PAD * px, 34 * px, 12);
  let y = HEAD * px;
  for (const lane of lanes) {
    drawLane(c, lane, y, px, ink, write);
    y += LANE * px;
  }
  for (const p of panels) {
    for (const l of p.legend) {
      c.strokeStyle = l.color;
      c.lineWidth = 2.5 * px;
      c.setLineDash(l.dash.map((d) => d * px));
      c.beginPath();
      c.moveTo(PAD * px, y + (ROW / 2) * px);
      c.lineTo((PAD + 28) * px, y + (ROW / 2) * px);
      c.stroke();
      c.setLineDash([]);
      write(p.unit === '' ? l.text : `${l.text} (${p.unit})`, (PAD + 36) * px, y + (ROW / 2) * px, 12);
      y += ROW * px;
    }
    c.drawImage(p.canvas, PAD * px, y);
    y += p.canvas.height + PAD * px;
  }
  return new Promise((resolve) => {
    sheet.toBlob(resolve, 'image/png');
  });
}
