import type { Asset } from '../api/types';
import { shapeAlarm, stateOf, useReading, yes } from './reading';
import { Bar, Battery, Caption, Cross, type Drawing, Glyph, type Of, Readout, Rows, Titled, shapeClass } from './svg';

/** Which way the power takes through a UPS, by its state. */
function Paths({ asset }: Of) {
  const r = useReading(asset, 'state');
  const state = stateOf(r);
  const on = (active: boolean) => (active ? 'f-wire f-wire-on' : 'f-wire');
  return (
    <>
      <path className={on(state === 'bypass')} d="M30 90V30h260v60" />
      <path className={on(state === 'online')} d="M4 90h66M130 90h60" />
      <path className={on(state === 'on_battery')} d="M160 150V90h30" />
      <path className={on(state !== 'off' && state !== '')} d="M250 90h106" />
      {[70, 190].map((x, i) => (
        <g key={x}>
          <rect className={r?.number === null ? 'f-shape f-doubt' : 'f-shape'} x={x} y="62" width="60" height="56" />
          <path className="f-line f-thin" d={`M${x} 118l60-56`} />
          <path className="f-flow" d={i === 0 ? `M${x + 10} 80q5-9 10 0t10 0M${x + 32} 102h20M${x + 32} 107h20` : `M${x + 8} 78h20M${x + 8} 83h20M${x + 30} 104q5-9 10 0t10 0`} />
        </g>
      ))}
      <path className="f-line" d="M136 152h48M146 162h28" />
    </>
  );
}

function DrawUps({ asset }: Of) {
  return (
    <>
      <Paths asset={asset} />
      <Readout asset={asset} name="state" x={160} y={20} size={20} anchor="middle" />
      <Titled asset={asset} name="input_voltage" x={4} y={134} size={16} width={120} />
      <Titled asset={asset} name="output_voltage" x={356} y={134} size={16} anchor="end" width={120} />
      <Battery asset={asset} x={110} y={174} />
      <Bar asset={asset} name="load" x={4} y={222} width={160} high={120} mark={100} />
      <Rows asset={asset} names={['runtime']} x={196} y={222} width={160} />
    </>
  );
}

export const ups: Drawing = {
  width: 360,
  height: 246,
  names: ['state', 'input_voltage', 'output_voltage', 'battery', 'runtime', 'load'],
  Draw: DrawUps,
};

function Lamp({ asset, name, x, y }: Of & { name: string; x: number; y: number }) {
  const r = useReading(asset, name);
  const on = yes(r) === true;
  return (
    <>
      <rect className={shapeClass(r, on)} x={x} y={y} width="26" height="20" />
      {r?.number !== null && <path className={on ? 'f-flow f-flow-inv' : 'f-flow'} d={on ? `M${x + 13} ${y + 4}v12` : `M${x + 13} ${y + 5}a4 5 0 1 1-.1 0z`} />}
    </>
  );
}

/** One row of lamps a group: what is on is solid with a stroke, what is off hollow with a ring. */
function Lamps({ asset, group, y }: Of & { group: string; y: number }) {
  const names = asset.points.filter((p) => new RegExp(`^${group}\\d+$`).test(p.name)).map((p) => p.name);
  if (names.length === 0) return null;
  return (
    <>
      <Glyph x={16} y={y + 15} text={group.toUpperCase()} size={13} />
      {names.map((n, i) => {
        const x = 40 + (i % 8) * 40;
        const row = y + Math.floor(i / 8) * 40;
        return (
          <g key={n}>
            <Lamp asset={asset} name={n} x={x} y={row} />
            <Caption x={x + 13} y={row + 33} size={11} anchor="middle">
              {n.slice(group.length)}
            </Caption>
          </g>
        );
      })}
    </>
  );
}

const count = (asset: Asset, group: string) => asset.points.filter((p) => new RegExp(`^${group}\\d+$`).test(p.name)).length;

const ROWS = (asset: Asset, group: string) => Math.ceil(count(asset, group) / 8) * 40;

function DrawModule({ asset }: Of) {
  const top = 14 + ROWS(asset, 'di') + ROWS(asset, 'do');
  return (
    <>
      <rect className="f-line f-thin" x="2" y="2" width="364" height={moduleHeight(asset) - 4} rx="4" />
      <Lamps asset={asset} group="di" y={12} />
      <Lamps asset={asset} group="do" y={12 + ROWS(asset, 'di')} />
      <Rows asset={asset} names={['ai1', 'ai3', 'ai5', 'ai7']} x={16} y={top + 16} width={160} step={22} />
      <Rows asset={asset} names={['ai2', 'ai4', 'ai6', 'ai8']} x={192} y={top + 16} width={160} step={22} />
    </>
  );
}

const moduleHeight = (asset: Asset) => 30 + ROWS(asset, 'di') + ROWS(asset, 'do') + Math.ceil(count(asset, 'ai') / 2) * 22;

/** As large as the inputs and outputs it has. */
export function ioModule(asset: Asset): Drawing {
  const names = asset.points.filter((p) => /^(di|do|ai)\d+$/.test(p.name)).map((p) => p.name);
  return { width: 368, height: moduleHeight(asset), names, Draw: DrawModule };
}

function Aerial({ asset }: Of) {
  const online = useReading(asset, 'online');
  const power = useReading(asset, 'main_power');
  const on = yes(online);
  return (
    <>
      <rect className={shapeAlarm(power) ? 'f-shape f-alarm-line' : shapeClass(online)} x="20" y="96" width="120" height="64" rx="4" />
      <path className="f-line" d="M80 96V60" />
      {on === true && <path className="f-flow" d="M66 50a16 16 0 0 1 28 0M56 40a28 28 0 0 1 48 0M46 30a40 40 0 0 1 68 0" />}
      {on === false && <Cross x={80} y={42} r={12} />}
      {shapeAlarm(power) && <Cross x={80} y={128} r={18} />}
      <Readout asset={asset} name="online" x={80} y={184} size={18} anchor="middle" />
    </>
  );
}

function DrawGateway({ asset }: Of) {
  return (
    <>
      <Aerial asset={asset} />
      <Bar asset={asset} name="cpu" x={172} y={36} width={180} />
      <Bar asset={asset} name="memory" x={172} y={80} width={180} />
      <Bar asset={asset} name="disk" x={172} y={124} width={180} />
      <Rows asset={asset} names={['main_power']} x={172} y={172} width={180} />
    </>
  );
}

export const gateway: Drawing = { width: 360, height: 196, names: ['online', 'cpu', 'memory', 'disk', 'main_power'], Draw: DrawGateway };

/** A kind nobody drew: a box with the asset's first points. */
export function generic(asset: Asset): Drawing {
  const names = asset.points.slice(0, 6).map((p) => p.name);
  return {
    width: 360,
    height: 24 + Math.max(names.length, 1) * 28,
    names,
    Draw: ({ asset: a }) => (
      <>
        <rect className="f-line f-thin" x="2" y="2" width="356" height={20 + Math.max(names.length, 1) * 28} rx="4" />
        <Rows asset={a} names={names} x={18} y={30} width={324} step={28} />
      </>
    ),
  };
}
