import type { ReactNode } from 'react';
import type { Asset } from '../api/types';
import { pointTitle } from '../points/format';
import type { Translate } from '../points/display';
import { useText } from '../ui/useText';
import { share, textWidth, wrap } from './measure';
import { type Reading, useReading } from './reading';
import './faceplates.css';

/** What every drawing is: its size, the points in it (for its words), and the drawing itself. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly names: readonly string[];
  readonly Draw: (p: { asset: Asset }) => ReactNode;
}

export interface Of {
  readonly asset: Asset;
}

/** The class of a shape that stands for a reading: plain, on, doubtful or trouble. */
export function shapeClass(r: Reading | null, on = false): string {
  if (r !== null && r.number === null) return 'f-shape f-doubt';
  if (r?.abnormal === true) return 'f-shape f-alarm';
  return on ? 'f-shape f-on' : 'f-shape';
}

type Anchor = 'start' | 'middle' | 'end';

interface ReadoutProps extends Of {
  readonly name: string;
  readonly x: number;
  readonly y: number; // of the base line
  readonly size?: number;
  readonly anchor?: Anchor;
  readonly unit?: boolean;
  readonly short?: boolean; // where there is no room for the quality's word beside a number
}

const BOLD = 1.08; // bold letters are that much wider

/** The words of a value: number and unit, the quality where it is not good, a sign where it is trouble. */
function readoutWords(r: Reading, unit: boolean, short: boolean, t: Translate): string {
  const good = r.value.quality === 'good';
  const quality = good ? '' : t(`quality.${r.value.quality}`);
  const number = `${r.text}${unit && r.unit !== '' ? ` ${r.unit}` : ''}`;
  const words = good || (short && r.text !== '' && r.number !== null) ? number : r.text === '' || short ? quality : `${number} ${quality}`;
  return r.abnormal ? `▲ ${words}` : words;
}

/** A live value as drawn text. What is not good is hatched and says so; trouble stands on red. */
export function Readout({ asset, name, ...place }: ReadoutProps) {
  const r = useReading(asset, name);
  return r ? <ReadoutText r={r} {...place} /> : null;
}

export function ReadoutText({ r, x, y, size = 14, anchor = 'start', unit = true, short = false }: Omit<ReadoutProps, 'asset' | 'name'> & { r: Reading }) {
  const { t } = useText();
  const good = r.value.quality === 'good';
  const text = readoutWords(r, unit, short, t);
  const height = good ? size : Math.min(size, 18);
  const width = textWidth(text, height) * BOLD + 8;
  const left = anchor === 'end' ? x - width + 4 : anchor === 'middle' ? x - width / 2 : x - 4;
  const boxed = r.abnormal || !good;
  return (
    <>
      {boxed && (
        <rect
          className={r.abnormal ? 'f-box f-box-alarm' : `f-box f-box-doubt q-${r.value.quality}`}
          x={left}
          y={y - height * 0.95}
          width={width}
          height={height * 1.28}
          rx="2"
        />
      )}
      <text
        className={r.abnormal ? 'f-value f-value-alarm' : good ? 'f-value' : `f-value f-value-doubt q-${r.value.quality}`}
        x={x}
        y={y}
        fontSize={height}
        textAnchor={anchor}
      >
        {text}
      </text>
    </>
  );
}

const LINE = 1.1; // of a font's size

/** Small words in a drawing, on a base line; a second line that they need is above it. */
export function Caption({ x, y, size = 12, anchor = 'start', width, children }: {
  x: number;
  y: number;
  size?: number;
  anchor?: Anchor;
  width?: number;
  children: string;
}) {
  const lines = width === undefined ? [children] : wrap(children, size, width);
  return (
    <text className="f-caption" x={x} y={y - (lines.length - 1) * size * LINE} fontSize={size} textAnchor={anchor}>
      {lines.length === 1
        ? lines[0]
        : lines.map((line, i) => (
            <tspan key={line} x={x} dy={i === 0 ? 0 : size * LINE}>
              {line}
            </tspan>
          ))}
    </text>
  );
}

/** A point's title above its value. */
export function Titled({ asset, name, x, y, size = 18, width = 110, anchor = 'start' }: ReadoutProps & { width?: number }) {
  const { language } = useText();
  const r = useReading(asset, name);
  if (!r) return null;
  return (
    <>
      <Caption x={x} y={y} width={width} anchor={anchor}>
        {pointTitle(r.point, language)}
      </Caption>
      <ReadoutText r={r} x={x} y={y + size + 4} size={size} anchor={anchor} />
    </>
  );
}

/** A line of a point's title at the left and its value at the right. */
export function Row({ asset, name, x, y, width }: Of & { name: string; x: number; y: number; width: number }) {
  const { t, language } = useText();
  const r = useReading(asset, name);
  if (!r) return null;
  const room = width - textWidth(readoutWords(r, true, false, t), 14) * BOLD - 8;
  return (
    <>
      <Caption x={x} y={y} width={room}>
        {pointTitle(r.point, language)}
      </Caption>
      <ReadoutText r={r} x={x + width} y={y} anchor="end" />
    </>
  );
}

/** Rows under each other; those the asset has not leave no hole. */
export function Rows({ asset, names, x, y, width, step = 24 }: Of & { names: readonly string[]; x: number; y: number; width: number; step?: number }) {
  const present = names.filter((n) => asset.points.some((p) => p.name === n));
  return present.map((n, i) => <Row key={n} asset={asset} name={n} x={x} y={y + i * step} width={width} />);
}

interface BarProps extends Of {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly low?: number;
  readonly high?: number;
  readonly mark?: number; // a line where the reading must stop
}

/** A lying bar with its title and value above it. */
export function Bar({ asset, name, x, y, width, low = 0, high = 100, mark }: BarProps) {
  const r = useReading(asset, name);
  if (!r) return null;
  return (
    <>
      <Row asset={asset} name={name} x={x} y={y} width={width} />
      <rect className={r.number === null ? 'f-shape f-thin f-doubt' : 'f-shape f-thin'} x={x} y={y + 6} width={width} height={8} />
      {r.number !== null && <rect className="f-level" x={x + 1} y={y + 7} width={(width - 2) * share(r.number, low, high)} height={6} />}
      {mark !== undefined && <path className="f-line" d={`M${x + width * share(mark, low, high)} ${y + 3}v14`} />}
    </>
  );
}

/** Chevrons along a pipe, where something flows. */
export function Flow({ x, y, n = 3 }: { x: number; y: number; n?: number }) {
  const d = Array.from({ length: n }, (_, i) => `M${x + i * 12} ${y - 5}l6 5l-6 5`).join('');
  return <path className="f-flow" d={d} />;
}

/** The cross over what has failed. */
export function Cross({ x, y, r }: { x: number; y: number; r: number }) {
  return <path className="f-cross" d={`M${x - r} ${y - r}L${x + r} ${y + r}M${x + r} ${y - r}L${x - r} ${y + r}`} />;
}

/** A battery with its charge in five steps. */
export function Battery({ asset, x, y }: Of & { x: number; y: number }) {
  const r = useReading(asset, 'battery');
  if (!r) return null;
  const bars = r.number === null ? 0 : Math.ceil(share(r.number, 0, 100) * 5);
  return (
    <>
      <path className={shapeClass(r)} d={`M${x} ${y}h46v22h-46zM${x + 46} ${y + 7}h5v8h-5`} />
      {Array.from({ length: bars }, (_, i) => (
        <rect key={i} className="f-level" x={x + 3 + i * 8.4} y={y + 4} width="6.4" height="14" />
      ))}
      <ReadoutText r={r} x={x + 60} y={y + 17} />
    </>
  );
}

/** A letter that belongs to a symbol, not to a language: G, kWh, L1. */
export function Glyph({ x, y, text, size = 16 }: { x: number; y: number; text: string; size?: number }) {
  return (
    <text className="f-glyph" x={x} y={y} fontSize={size} textAnchor="middle">
      {text}
    </text>
  );
}
