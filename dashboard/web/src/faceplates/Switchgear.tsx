import { stateOf, useReading, yes } from './reading';
import { Bar, Caption, Cross, type Drawing, Glyph, type Of, Readout, Rows, shapeClass } from './svg';
import { useText } from '../ui/useText';

/** A breaker's contact, IEC 60617-07: the blade lies on the contact, stands open, or halfway when it tripped. */
function Contact({ asset }: Of) {
  const closed = useReading(asset, 'closed');
  const tripped = useReading(asset, 'tripped');
  const position = useReading(asset, 'position');
  const on = yes(closed);
  const trip = yes(tripped) === true;
  const blade = trip ? 'M66 150L40 102' : on === true ? 'M66 150V78' : 'M66 150L30 92';
  const out = stateOf(position) === 'withdrawn';
  return (
    <>
      <path className="f-line" d={out ? 'M66 8v30M66 190v22' : 'M66 8v70M66 150v62'} />
      {position && <path className="f-line f-thin" d={out ? 'M56 52l10-10l10 10M56 176l10 10l10-10' : 'M56 44l10-10l10 10M56 184l10 10l10-10'} />}
      <path className="f-line" d="M58 70l16 16M74 70l-16 16" />
      {on === null && !trip ? (
        <rect className="f-shape f-doubt" x="44" y="84" width="44" height="62" />
      ) : (
        <path className={trip ? 'f-blade-line f-alarm-ink' : 'f-blade-line'} d={blade} />
      )}
      {trip && <path className="f-alarm-solid" d="M92 92l-12 22h8l-6 20l18-26h-9l8-16z" />}
    </>
  );
}

function DrawBreaker({ asset }: Of) {
  return (
    <>
      <Contact asset={asset} />
      <Readout asset={asset} name="closed" x={130} y={48} size={30} />
      <Rows asset={asset} names={['current_l1', 'current_l2', 'current_l3', 'position']} x={130} y={96} width={220} step={28} />
    </>
  );
}

export const breaker: Drawing = {
  width: 360,
  height: 220,
  names: ['closed', 'tripped', 'current_l1', 'current_l2', 'current_l3', 'position'],
  Draw: DrawBreaker,
};

function Supply({ asset, name, x, emergency }: Of & { name: string; x: number; emergency: boolean }) {
  const available = useReading(asset, `${name}_available`);
  const on = yes(available);
  return (
    <>
      <circle className={available?.abnormal === true ? 'f-shape f-alarm-line' : shapeClass(available, on === true)} cx={x} cy="34" r="20" />
      {on === false && <Cross x={x} y={34} r={13} />}
      {!emergency && <path className={on === true ? 'f-flow f-flow-inv' : 'f-flow'} d={`M${x - 11} 34q5.5-10 11 0t11 0`} />}
      {emergency && <Glyph x={x} y={40} text="G" />}
      <path className="f-line" d={`M${x} 54v60`} />
      <circle className="f-dot" cx={x} cy="114" r="4" />
    </>
  );
}

function Selector({ asset }: Of) {
  const position = useReading(asset, 'position');
  const state = stateOf(position);
  const to = { normal: 'M100 172L50 116', emergency: 'M100 172L150 116', off: 'M100 172V124' }[state];
  return (
    <>
      <path className="f-line" d="M100 172v44" />
      <circle className="f-dot" cx="100" cy="172" r="4" />
      {to === undefined ? <rect className="f-shape f-doubt" x="76" y="122" width="48" height="46" /> : <path className="f-blade-line" d={to} />}
    </>
  );
}

function DrawAts({ asset }: Of) {
  const { t } = useText();
  return (
    <>
      <Supply asset={asset} name="normal" x={50} emergency={false} />
      <Supply asset={asset} name="emergency" x={150} emergency />
      <Caption x={50} y={10} anchor="middle">{t('face.normal')}</Caption>
      <Caption x={150} y={10} anchor="middle">{t('face.emergency')}</Caption>
      <Selector asset={asset} />
      <Readout asset={asset} name="position" x={186} y={44} size={24} />
      <Rows asset={asset} names={['normal_available', 'voltage_normal', 'emergency_available', 'voltage_emergency', 'mode']} x={186} y={84} width={174} step={28} />
    </>
  );
}

export const ats: Drawing = {
  width: 364,
  height: 222,
  names: ['position', 'normal_available', 'voltage_normal', 'emergency_available', 'voltage_emergency', 'mode'],
  Draw: DrawAts,
};

function Machine({ asset }: Of) {
  const running = useReading(asset, 'running');
  const fault = useReading(asset, 'fault');
  const on = yes(running) === true;
  return (
    <>
      <circle className={fault?.abnormal === true ? 'f-shape f-alarm-line' : shapeClass(running)} cx="70" cy="80" r="50" />
      {on && <circle className="f-line f-thin" cx="70" cy="80" r="43" />}
      <Glyph x={70} y={80} text="G" size={34} />
      <path className="f-flow" d={on ? 'M52 100q9-16 18 0t18 0' : 'M52 100h36'} />
      {fault?.abnormal === true && <Cross x={70} y={80} r={30} />}
      <path className="f-line" d="M70 130v56M30 186h80" />
      <Readout asset={asset} name="running" x={70} y={214} size={16} anchor="middle" />
    </>
  );
}

function DrawGenerator({ asset }: Of) {
  return (
    <>
      <Machine asset={asset} />
      <Readout asset={asset} name="power" x={146} y={38} size={28} />
      <Rows asset={asset} names={['mode']} x={146} y={70} width={206} />
      <Bar asset={asset} name="fuel_level" x={146} y={100} width={206} />
      <Bar asset={asset} name="coolant_temperature" x={146} y={142} width={206} high={120} />
      <Rows asset={asset} names={['oil_pressure', 'speed']} x={146} y={188} width={206} />
    </>
  );
}

export const generator: Drawing = {
  width: 360,
  height: 224,
  names: ['running', 'power', 'mode', 'fuel_level', 'coolant_temperature', 'oil_pressure', 'speed', 'fault'],
  Draw: DrawGenerator,
};
