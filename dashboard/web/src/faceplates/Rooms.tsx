import { share } from './measure';
import { useReading, useReadings, yes } from './reading';
import { Battery, Cross, type Drawing, type Of, Readout, Rows, Titled, shapeClass } from './svg';

/** A thermometer from -10 to 50 °C: rooms. */
function Thermometer({ asset }: Of) {
  const r = useReading(asset, 'temperature');
  if (!r) return null;
  const height = r.number === null ? 0 : 110 * share(r.number, -10, 50);
  return (
    <>
      <path className={shapeClass(r)} d="M46 24a14 14 0 0 1 28 0v110a26 26 0 1 1-28 0z" />
      {r.number !== null && <circle className="f-level" cx="60" cy="155" r="18" />}
      {r.number !== null && <rect className="f-level" x="53" y={140 - height} width="14" height={height + 8} />}
      <path className="f-line f-thin" d="M80 30h10M80 66h10M80 103h10M80 140h10" />
    </>
  );
}

function DrawClimate({ asset }: Of) {
  const fan = useReading(asset, 'fan_running');
  return (
    <>
      <Thermometer asset={asset} />
      <Readout asset={asset} name="temperature" x={116} y={62} size={40} />
      <Titled asset={asset} name="humidity" x={116} y={98} size={24} />
      <Titled asset={asset} name="co2" x={240} y={98} size={24} />
      {fan && <Rows asset={asset} names={['fan_running']} x={116} y={156} width={150} />}
      <Battery asset={asset} x={116} y={166} />
    </>
  );
}

export const climate: Drawing = { width: 360, height: 194, names: ['temperature', 'humidity', 'co2', 'fan_running', 'battery'], Draw: DrawClimate };

/** A door in plan: it lies in its wall or stands open. */
function Leaf({ asset, name }: Of & { name: string }) {
  const r = useReading(asset, name);
  const open = yes(r);
  return (
    <>
      <path className="f-pipe" d="M6 120h34M140 120h34" />
      {open === null ? (
        <rect className="f-shape f-doubt" x="44" y="108" width="92" height="24" />
      ) : (
        <>
          <path className="f-blade-line" d={open ? 'M42 120L42 24' : 'M42 120h96'} />
          {open && <path className="f-line f-faint" d="M42 24a96 96 0 0 1 96 96" />}
        </>
      )}
      <circle className="f-dot" cx="42" cy="120" r="5" />
    </>
  );
}

function DrawContact({ asset }: Of) {
  return (
    <>
      <Leaf asset={asset} name="open" />
      <Readout asset={asset} name="open" x={200} y={60} size={34} />
      <Rows asset={asset} names={['tamper']} x={200} y={100} width={150} />
      <Battery asset={asset} x={200} y={120} />
    </>
  );
}

export const contact: Drawing = { width: 360, height: 160, names: ['open', 'tamper', 'battery'], Draw: DrawContact };

function Cloud({ asset }: Of) {
  const r = useReading(asset, 'rain');
  const rate = useReading(asset, 'rain_rate');
  const raining = yes(r) ?? (rate?.number === null || !rate ? null : rate.number > 0);
  return (
    <>
      <path className={shapeClass(r ?? rate)} d="M44 100a30 30 0 0 1 4-60a40 40 0 0 1 76-4a34 34 0 0 1 4 64z" />
      {raining === true && <path className="f-flow" d="M56 116l-10 26M84 116l-10 26M112 116l-10 26M70 146l-8 20M98 146l-8 20" />}
    </>
  );
}

function DrawRain({ asset }: Of) {
  return (
    <>
      <Cloud asset={asset} />
      <Readout asset={asset} name="rain" x={190} y={52} size={30} />
      <Titled asset={asset} name="rain_rate" x={190} y={84} size={22} />
      <Titled asset={asset} name="rain_total" x={190} y={134} size={18} />
      <Battery asset={asset} x={20} y={176} />
    </>
  );
}

export const rainGauge: Drawing = { width: 360, height: 204, names: ['rain', 'rain_rate', 'rain_total', 'battery'], Draw: DrawRain };

/** A flat in plan: its door, its water, what is wet. */
function Flat({ asset }: Of) {
  const [leak, valve] = useReadings(asset, ['leak', 'valve_open']);
  return (
    <>
      <path className="f-line" d="M12 12h150v150h-60M62 162h-50z" />
      <path className="f-line f-thin" d="M12 80h70M82 12v42" />
      {leak && <path className={shapeClass(leak)} d="M122 40q20 26 20 42a20 20 0 0 1-40 0q0-16 20-42z" />}
      {valve && <path className={shapeClass(valve, valve.number === 0)} d="M28 34v22l18-11zM64 34v22l-18-11z" />}
      {leak?.abnormal === true && <Cross x={122} y={82} r={9} />}
      <Door asset={asset} />
    </>
  );
}

function Door({ asset }: Of) {
  const open = useReading(asset, 'open');
  if (!open) return null;
  if (open.number === null) return <rect className="f-shape f-thin f-doubt" x="64" y="154" width="36" height="16" />;
  return <path className="f-blade-line" d={open.number === 0 ? 'M62 162h40' : 'M62 162v-40'} />;
}

function DrawUnit({ asset }: Of) {
  return (
    <>
      <Flat asset={asset} />
      <Readout asset={asset} name="leak" x={186} y={46} size={30} />
      <Rows asset={asset} names={['open', 'valve_open', 'occupied', 'visit']} x={186} y={84} width={166} step={26} />
    </>
  );
}

export const unit: Drawing = { width: 360, height: 180, names: ['leak', 'open', 'valve_open', 'occupied', 'visit'], Draw: DrawUnit };
