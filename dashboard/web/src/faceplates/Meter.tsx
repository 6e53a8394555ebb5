import { formatShare } from '../points/format';
import { useText } from '../ui/useText';
import { imbalance } from './measure';
import { useReadings } from './reading';
import { Bar, Caption, type Drawing, Glyph, type Of, Readout, ReadoutText, Titled } from './svg';

const PHASES = ['l1', 'l2', 'l3'];
const COLUMNS = [
  { what: 'voltage', unit: 'V', x: 196 },
  { what: 'current', unit: 'A', x: 276 },
  { what: 'power', unit: 'kW', x: 352 },
];
const NAMES = COLUMNS.flatMap((c) => PHASES.map((p) => `${c.what}_${p}`));
const CURRENTS = PHASES.map((p) => `current_${p}`);

/** Volts, amperes and kilowatts of each phase, and a bar that shows at once which phase carries more. */
function Phases({ asset }: Of) {
  const all = useReadings(asset, NAMES);
  const columns = COLUMNS.filter((_, c) => PHASES.some((_p, p) => all[c * 3 + p]));
  if (columns.length === 0) return null;
  const amperes = PHASES.map((_, p) => all[3 + p]?.number ?? null);
  const most = Math.max(0, ...amperes.map((a) => Math.abs(a ?? 0)));
  return (
    <>
      {columns.map((c) => (
        <Caption key={c.what} x={c.x} y={96} anchor="end">
          {c.unit}
        </Caption>
      ))}
      {PHASES.map((phase, p) => {
        const row = columns.map((c) => all[COLUMNS.indexOf(c) * 3 + p]);
        if (!row.some(Boolean)) return null;
        const y = 118 + p * 30;
        const a = amperes[p] ?? null;
        return (
          <g key={phase}>
            <Glyph x={124} y={y} text={phase.toUpperCase()} size={13} />
            {row.map((r, i) => r && <ReadoutText key={r.point.name} r={r} x={columns[i]?.x ?? 0} y={y} anchor="end" unit={false} short />)}
            {a !== null && most > 0 && <rect className="f-level" x="112" y={y + 6} width={(240 * Math.abs(a)) / most} height="4" />}
          </g>
        );
      })}
    </>
  );
}

function Imbalance({ asset }: Of) {
  const { t, language } = useText();
  const share = imbalance(useReadings(asset, CURRENTS).map((r) => r?.number ?? null));
  if (share === null) return null;
  return (
    <>
      <Caption x={14} y={222}>{t('face.imbalance')}</Caption>
      <text className="f-value" x="14" y="242" fontSize="15">
        {formatShare(share, language)}
      </text>
    </>
  );
}

/** The single line with the meter in it: an integrating instrument as IEC 60617 draws it. */
function Instrument() {
  return (
    <>
      <path className="f-line" d="M56 8v72M56 144v50" />
      <rect className="f-shape" x="24" y="80" width="64" height="64" />
      <path className="f-line" d="M24 98h64" />
      <Glyph x={56} y={127} text="kWh" />
    </>
  );
}

function Draw({ asset }: Of) {
  return (
    <>
      <Instrument />
      <Readout asset={asset} name="power" x={112} y={52} size={40} />
      <Phases asset={asset} />
      <Imbalance asset={asset} />
      <Titled asset={asset} name="power_factor" x={128} y={222} size={15} width={90} />
      <Titled asset={asset} name="power_demand" x={240} y={222} size={15} />
    </>
  );
}

export const powerMeter: Drawing = {
  width: 360,
  height: 254,
  names: ['power', ...NAMES, 'power_factor', 'power_demand'],
  Draw,
};

const WINDINGS = ['a', 'b', 'c'];
const HOT = 180; // °C, the end of the scale: class H, the hottest insulation of dry-type windings (IEC 60085)

function Winding({ asset, phase, x }: Of & { phase: string; x: number }) {
  const [r] = useReadings(asset, [`winding_temperature_${phase}`]);
  if (!r) return null;
  const height = r.number === null ? 0 : (Math.min(Math.max(r.number, 0), HOT) / HOT) * 116;
  return (
    <>
      <rect className={r.number === null ? 'f-shape f-thin f-doubt' : 'f-shape f-thin'} x={x - 9} y="30" width="18" height="118" />
      <rect className="f-level" x={x - 8} y={147 - height} width="16" height={height} />
      <path className="f-line f-thin" d={`M${x + 9} 63h5M${x + 9} 89h5M${x + 9} 115h5`} />
      <Glyph x={x} y={22} text={phase.toUpperCase()} size={13} />
      <ReadoutText r={r} x={x} y={170} anchor="middle" unit={false} short />
    </>
  );
}

function Fan({ asset }: Of) {
  const [running, fault] = useReadings(asset, ['fan_running', 'fan_fault']);
  if (!running && !fault) return null;
  const on = running?.number !== null && (running?.number ?? 0) !== 0;
  const doubt = running?.number === null;
  return (
    <>
      <circle className={fault?.abnormal === true ? 'f-shape f-alarm-line' : doubt ? 'f-shape f-doubt' : 'f-shape'} cx="134" cy="92" r="18" />
      <path className={on ? 'f-blade f-on' : 'f-blade'} d="M134 92q-12-4-6-14q9 2 6 14q4-12 14-6q-2 9-14 6q12 4 6 14q-9-2-6-14q-4 12-14 6q2-9 14-6" />
      <Readout asset={asset} name="fan_running" x={134} y={130} size={12} anchor="middle" />
    </>
  );
}

function DrawTransformer({ asset }: Of) {
  return (
    <>
      <path className="f-line" d="M56 8v32M56 144v60" />
      <circle className="f-shape f-open" cx="56" cy="72" r="32" />
      <circle className="f-shape f-open" cx="56" cy="112" r="32" />
      <Fan asset={asset} />
      {WINDINGS.map((p, i) => (
        <Winding key={p} asset={asset} phase={p} x={206 + i * 60} />
      ))}
      <Glyph x={352} y={22} text="°C" size={12} />
      <Bar asset={asset} name="load" x={112} y={202} width={238} high={150} mark={100} />
    </>
  );
}

export const transformer: Drawing = {
  width: 366,
  height: 224,
  names: [...WINDINGS.map((p) => `winding_temperature_${p}`), 'fan_running', 'load'],
  Draw: DrawTransformer,
};
