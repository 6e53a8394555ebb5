import { formatAge } from '../points/format';
import { useText } from '../ui/useText';
import { useEverySecond } from '../live/hooks';
import { share } from './measure';
import { type Reading, stateOf, useReading, useReadings, yes } from './reading';
import { Battery, Caption, Cross, type Drawing, Flow, type Of, Readout, ReadoutText, Rows, Titled, shapeClass } from './svg';
import { pointTitle } from '../points/format';

const SWITCHES = [
  { name: 'overflow', y: 24 },
  { name: 'level_high_high', y: 48 },
  { name: 'level_high', y: 72 },
  { name: 'level_low', y: 168 },
  { name: 'level_low_low', y: 190 },
];

function Switch({ asset, name, y }: Of & { name: string; y: number }) {
  const { language } = useText();
  const r = useReading(asset, name);
  if (!r) return null;
  const on = r.abnormal;
  return (
    <>
      <path className={on ? 'f-line f-alarm-ink' : 'f-line f-thin'} d={`M150 ${y}h14`} />
      <rect className={shapeClass(r)} x="166" y={y - 6} width="12" height="12" />
      {on || r.number === null ? (
        <ReadoutText r={{ ...r, text: pointTitle(r.point, language) }} x={188} y={y + 4} size={13} />
      ) : (
        <Caption x={186} y={y + 4} width={150}>
          {pointTitle(r.point, language)}
        </Caption>
      )}
    </>
  );
}

function Vessel({ asset }: Of) {
  const [percent, level] = useReadings(asset, ['level_percent', 'level']);
  const known = percent ?? level ?? null;
  const doubt = known !== null && known.number === null;
  const top = percent?.number === null || !percent ? null : 198 - 186 * share(percent.number, 0, 100);
  return (
    <>
      {top !== null && <rect className="f-fluid" x="22" y={top} width="126" height={200 - top} />}
      {doubt && <rect className="f-doubt" x="22" y="12" width="126" height="188" />}
      {top === null && !doubt && known && <path className="f-flow" d="M24 110q10-8 20 0t20 0t20 0t20 0t20 0t20 0" />}
      <path className="f-line" d="M20 10v192h130v-192" />
    </>
  );
}

function DrawTank({ asset }: Of) {
  return (
    <>
      <Vessel asset={asset} />
      <Readout asset={asset} name="level" x={85} y={92} size={28} anchor="middle" />
      <Readout asset={asset} name="level_percent" x={85} y={140} size={20} anchor="middle" />
      {SWITCHES.map((s) => (
        <Switch key={s.name} asset={asset} name={s.name} y={s.y} />
      ))}
      <Titled asset={asset} name="volume" x={186} y={108} />
    </>
  );
}

export const tank: Drawing = {
  width: 360,
  height: 212,
  names: ['level', 'level_percent', 'volume', ...SWITCHES.map((s) => s.name)],
  Draw: DrawTank,
};

/** When the sensor last said anything that can be trusted: that is its proof of life. */
function Proof({ r }: { r: Reading }) {
  const { t, time } = useText();
  const text = useEverySecond((now) => (r.value.time > 0 ? formatAge(now - r.value.time, time) : t('value.never')));
  const silent = r.number === null;
  return (
    <>
      <Caption x={176} y={92}>{t('face.proof')}</Caption>
      <text className={silent ? `f-value q-${r.value.quality}` : 'f-value'} x="176" y="118" fontSize="22">
        {text}
      </text>
      {silent && <Caption x={176} y={138}>{t('face.silent')}</Caption>}
    </>
  );
}

function Drop({ asset }: Of) {
  const r = useReading(asset, 'leak');
  const wet = yes(r) === true;
  const path = 'M80 30q34 44 34 70a34 34 0 0 1-68 0q0-26 34-70z';
  return (
    <>
      <path className={wet ? 'f-shape f-alarm' : shapeClass(r)} d={path} />
      {wet && <path className="f-alarm-solid" d="M14 160q14-12 32-8q32 10 62-2q26-6 40 8q-30 16-70 14q-48 0-64-12z" />}
      {r?.number === 0 && <path className="f-line" d="M62 104l13 13l24-26" />}
      {r?.number === null && <path className="f-line f-thin" d="M80 78v26l14 10" />}
      <path className="f-line" d="M10 176h144" />
      {r && <Readout asset={asset} name="leak" x={176} y={54} size={34} />}
      {r && <Proof r={r} />}
    </>
  );
}

function DrawLeak({ asset }: Of) {
  return (
    <>
      <Drop asset={asset} />
      <Battery asset={asset} x={176} y={154} />
    </>
  );
}

export const leakSensor: Drawing = { width: 360, height: 190, names: ['leak', 'battery', 'tamper', 'probe_fault'], Draw: DrawLeak };

/** A valve as P&I diagrams draw it: hollow is open, solid is shut, half of it moves. */
function Bowtie({ asset }: Of) {
  const r = useReading(asset, 'state');
  const [openLimit, closedLimit] = useReadings(asset, ['open_limit', 'closed_limit']);
  const limit = openLimit?.number === 1 ? 'open' : closedLimit?.number === 1 ? 'closed' : '';
  const state = r ? stateOf(r) : limit;
  const jammed = state === 'jammed';
  const left = jammed ? 'f-shape f-alarm-line' : shapeClass(r, state === 'closed' || state === 'closing' || state === 'opening');
  const right = jammed ? 'f-shape f-alarm-line' : shapeClass(r, state === 'closed');
  return (
    <>
      <path className="f-pipe" d="M4 110h56M156 110h60" />
      <path className={left} d="M60 80v60l48-30z" />
      <path className={right} d="M156 80v60l-48-30z" />
      <path className="f-line" d="M108 110v-44M86 66h44v-30h-44z" />
      {state === 'opening' && <path className="f-flow" d="M142 60v-18m-6 7l6-8l6 8" />}
      {state === 'closing' && <path className="f-flow" d="M142 40v18m-6-7l6 8l6-8" />}
      {state === 'open' && <Flow x={14} y={110} />}
      {state === 'open' && <Flow x={172} y={110} />}
      {jammed && <Cross x={108} y={110} r={26} />}
    </>
  );
}

function DrawValve({ asset }: Of) {
  const has = (n: string) => asset.points.some((p) => p.name === n);
  return (
    <>
      <Bowtie asset={asset} />
      <Readout asset={asset} name={has('state') ? 'state' : 'open_limit'} x={108} y={176} size={22} anchor="middle" />
      <Rows asset={asset} names={['position', 'flow', 'pressure', 'leak']} x={226} y={60} width={130} step={28} />
      <Battery asset={asset} x={226} y={164} />
    </>
  );
}

export const valve: Drawing = { width: 360, height: 196, names: ['state', 'position', 'flow', 'pressure', 'leak', 'battery'], Draw: DrawValve };
