import type { Asset } from '../api/types';
import { useReading, useReadings, yes } from './reading';
import { Bar, Caption, Cross, type Drawing, Flow, type Of, Readout, ReadoutText, Rows, Titled } from './svg';

/** A pump, ISO 14617: circle and impeller; the impeller is solid while it runs and hollow while it stands. */
function Impeller({ asset, running, fault, x, y, r }: Of & { running: string; fault: string; x: number; y: number; r: number }) {
  const on = useReading(asset, running);
  const broken = useReading(asset, fault)?.abnormal === true;
  const turns = yes(on);
  const shape = on?.number === null ? 'f-shape f-doubt' : broken ? 'f-shape f-alarm-line' : 'f-shape';
  return (
    <>
      <circle className={shape} cx={x} cy={y} r={r} />
      {turns !== null && (
        <path
          className={turns ? 'f-shape f-thin f-on' : 'f-shape f-thin'}
          d={`M${x - r * 0.5} ${y - r * 0.82}L${x + r * 0.97} ${y}L${x - r * 0.5} ${y + r * 0.82}z`}
        />
      )}
      {broken && <Cross x={x} y={y} r={r * 0.72} />}
    </>
  );
}

function Turning({ asset, x, y }: Of & { x: number; y: number }) {
  return yes(useReading(asset, 'running')) === true ? <Flow x={x} y={y} /> : null;
}

function DrawPump({ asset }: Of) {
  const speed = ['frequency', 'speed', 'speed_percent'].filter((n) => asset.points.some((p) => p.name === n));
  return (
    <>
      <path className="f-pipe" d="M4 92h92M184 92h172" />
      <Impeller asset={asset} running="running" fault="fault" x={140} y={92} r={44} />
      <Turning asset={asset} x={20} y={92} />
      <Turning asset={asset} x={300} y={92} />
      <Titled asset={asset} name="suction_pressure" x={4} y={20} width={110} />
      <Titled asset={asset} name="discharge_pressure" x={356} y={20} width={150} anchor="end" size={22} />
      <Readout asset={asset} name="running" x={140} y={162} size={18} anchor="middle" />
      {speed.slice(0, 2).map((n, i) => (
        <Titled key={n} asset={asset} name={n} x={356} y={124 + i * 44} anchor="end" />
      ))}
      <Rows asset={asset} names={['mode', 'fault']} x={4} y={190} width={200} />
    </>
  );
}

export const pump: Drawing = {
  width: 360,
  height: 224,
  names: ['running', 'suction_pressure', 'discharge_pressure', 'frequency', 'speed', 'mode', 'fault'],
  Draw: DrawPump,
};

/** The numbers of the pumps a booster set tells of: 1 to 6, of those it has points of. */
export function pumpsOf(asset: Asset): number[] {
  return [1, 2, 3, 4, 5, 6].filter((n) => asset.points.some((p) => p.name === `pump${n}_running` || p.name === `pump${n}_fault`));
}

/** Water in a tank of which nobody said how high it is: a surface, not a level. */
function Surface({ known, x, y, width }: { known: boolean; x: number; y: number; width: number }) {
  if (!known) return <rect className="f-doubt" x={x} y={y - 34} width={width} height={76} />;
  return <path className="f-flow" d={`M${x + 4} ${y}q${(width - 8) / 8}-7 ${(width - 8) / 4} 0t${(width - 8) / 4} 0t${(width - 8) / 4} 0t${(width - 8) / 4} 0`} />;
}

function Reservoir({ asset }: Of) {
  const [level, dry] = useReadings(asset, ['tank_level', 'dry_run']);
  if (!level && !dry) return null;
  return (
    <>
      <path className={dry?.abnormal === true ? 'f-line f-alarm-ink' : 'f-line'} d="M4 62v84h66v-84" />
      {level && <Surface known={level.number !== null} x={6} y={104} width={62} />}
      {dry?.abnormal === true && <Cross x={37} y={104} r={16} />}
      {level && <ReadoutText r={level} x={37} y={54} anchor="middle" />}
      <path className="f-pipe" d="M70 130h28" />
    </>
  );
}

function DrawBooster({ asset }: Of) {
  const pumps = pumpsOf(asset);
  const lines = pumps.length > 0 ? pumps : [0];
  const step = Math.min(36, 190 / lines.length);
  const top = 110 - ((lines.length - 1) * step) / 2;
  const bottom = top + (lines.length - 1) * step;
  const r = Math.min(15, step * 0.44);
  return (
    <>
      <Reservoir asset={asset} />
      <path className="f-pipe" d={`M98 ${Math.min(top, 130) - 1}V${Math.max(bottom, 130) + 1}M206 ${top - 1}V${bottom + 1}M206 110h150`} />
      {lines.map((n, i) => (
        <g key={n}>
          <path className="f-pipe" d={`M98 ${top + i * step}h${52 - r}M${150 + r} ${top + i * step}h${56 - r}`} />
          <Impeller
            asset={asset}
            running={n === 0 ? 'running' : `pump${n}_running`}
            fault={n === 0 ? 'fault' : `pump${n}_fault`}
            x={150}
            y={top + i * step}
            r={r}
          />
          {n > 0 && (
            <Caption x={184} y={top + i * step - 8} anchor="middle" size={11}>
              {String(n)}
            </Caption>
          )}
        </g>
      ))}
      <Titled asset={asset} name="discharge_pressure" x={356} y={62} width={136} anchor="end" size={24} />
      <Titled asset={asset} name="pressure_setpoint" x={356} y={134} width={136} anchor="end" />
      <Titled asset={asset} name="suction_pressure" x={4} y={180} width={84} size={15} />
      <Rows asset={asset} names={['mode', 'fault']} x={222} y={190} width={134} />
    </>
  );
}

export const booster: Drawing = {
  width: 360,
  height: 224,
  names: ['discharge_pressure', 'pressure_setpoint', 'suction_pressure', 'tank_level', 'mode', 'fault', 'dry_run', ...[1, 2, 3, 4, 5, 6].flatMap((n) => [`pump${n}_running`, `pump${n}_fault`])],
  Draw: DrawBooster,
};

/** Fire pumps, the jockey pump and the diesel, those the set has. */
const FIRE = [
  { running: 'fire_pump1_running', fault: 'fire_pump1_fault', title: '1' },
  { running: 'fire_pump2_running', fault: 'fire_pump2_fault', title: '2' },
  { running: 'jockey_pump_running', fault: 'jockey_pump_fault', title: 'J' },
  { running: 'diesel_running', fault: '', title: 'D' },
];

function FireTank({ asset }: Of) {
  const [level, low, high] = useReadings(asset, ['tank_level', 'tank_level_low', 'tank_level_high']);
  const alarm = low?.abnormal === true || high?.abnormal === true;
  if (!level && !low) return null;
  return (
    <>
      <path className={alarm ? 'f-line f-alarm-ink' : 'f-line'} d="M4 52v96h62v-96" />
      {level && <Surface known={level.number !== null} x={6} y={100} width={58} />}
      {level && <ReadoutText r={level} x={35} y={44} anchor="middle" />}
      <path className="f-pipe" d="M66 134h26" />
    </>
  );
}

function DrawFire({ asset }: Of) {
  const lines = FIRE.filter((f) => asset.points.some((p) => p.name === f.running));
  const step = 40;
  const top = 92 - ((lines.length - 1) * step) / 2;
  const bottom = top + (lines.length - 1) * step;
  return (
    <>
      <FireTank asset={asset} />
      {lines.length > 0 && <path className="f-pipe" d={`M92 ${Math.min(top, 134)}V${Math.max(bottom, 134)}M196 ${top}V${bottom}M196 92h160`} />}
      {lines.map((f, i) => (
        <g key={f.title}>
          <path className="f-pipe" d={`M92 ${top + i * step}h34M158 ${top + i * step}h38`} />
          <Impeller asset={asset} running={f.running} fault={f.fault} x={142} y={top + i * step} r={16} />
          <Caption x={178} y={top + i * step - 8} anchor="middle" size={11}>
            {f.title}
          </Caption>
        </g>
      ))}
      <Titled asset={asset} name="pressure" x={356} y={36} width={140} anchor="end" size={24} />
      <Titled asset={asset} name="pressure_remote" x={356} y={122} width={140} anchor="end" />
      <Rows asset={asset} names={['selector', 'jockey_starts']} x={210} y={174} width={146} />
      <Bar asset={asset} name="fuel_level" x={4} y={190} width={150} />
    </>
  );
}

export const fireWater: Drawing = {
  width: 360,
  height: 214,
  names: ['pressure', 'pressure_remote', 'tank_level', 'selector', ...FIRE.flatMap((f) => [f.running, f.fault]).filter(Boolean)],
  Draw: DrawFire,
};
