import type { ReactNode } from 'react';
import { doorGap, doorOf, share } from '../faceplates/measure';
import { stateOf, useReading, useReadings, yes } from '../faceplates/reading';
import { Cross, Glyph, type Of, shapeClass } from '../faceplates/svg';

// Small symbols, 56 by 44, of the same language as the faceplates: solid is on,
// hatched is not known, a red cross is trouble.

function Fault({ asset, x = 28, y = 22 }: Of & { x?: number; y?: number }) {
  return useReading(asset, 'fault')?.abnormal === true ? <Cross x={x} y={y} r={11} /> : null;
}

function Lift({ asset }: Of) {
  const [state, open, openLimit, closedLimit, direction, trapped] = useReadings(asset, [
    'door_state', 'door_open', 'door_open_limit', 'door_close_limit', 'direction', 'trapped',
  ]);
  const door = doorOf(stateOf(state ?? null), yes(open ?? null), yes(openLimit ?? null), yes(closedLimit ?? null));
  const half = door === null ? 0 : doorGap(door) * 12;
  const d = { up: 'M48 30V14m-5 6l5-6l5 6', down: 'M48 14v16m-5-6l5 6l5-6', stopped: 'M43 22h10' }[stateOf(direction ?? null)];
  return (
    <>
      <rect className={trapped?.abnormal === true || door === 'fault' ? 'f-shape f-alarm-line' : door === null ? 'f-shape f-doubt' : 'f-shape'} x="8" y="3" width="30" height="38" />
      {door !== null && <path className="f-door" d={`M10 7h${13 - half}v32h-${13 - half}zM36 7h-${13 - half}v32h${13 - half}z`} />}
      {d && <path className="f-flow" d={d} />}
      {trapped?.abnormal === true && <path className="f-person f-person-stuck" d="M23 15a4 4 0 1 1 .1 0M16 37v-12q0-7 7-7t7 7v12z" />}
      <Fault asset={asset} x={23} />
    </>
  );
}

function Meter({ asset }: Of) {
  const [power, volts, line] = useReadings(asset, ['power', 'voltage_l1', 'voltage']);
  return (
    <>
      <rect className={shapeClass(power ?? volts ?? line ?? null)} x="10" y="4" width="36" height="36" />
      <path className="f-line f-thin" d="M10 14h36" />
      <Glyph x={28} y={32} text="kWh" size={13} />
    </>
  );
}

function Breaker({ asset }: Of) {
  const [closed, tripped] = useReadings(asset, ['closed', 'tripped']);
  const trip = tripped?.abnormal === true;
  const on = yes(closed ?? null);
  return (
    <>
      <path className="f-line" d="M28 0v12M28 34v10" />
      <path className="f-line f-thin" d="M23 7l10 10M33 7l-10 10" />
      {on === null && !trip ? (
        <rect className="f-shape f-thin f-doubt" x="16" y="14" width="24" height="18" />
      ) : (
        <path className={trip ? 'f-blade-line f-alarm-ink' : 'f-blade-line'} d={trip || on === false ? 'M28 34L14 15' : 'M28 34V12'} />
      )}
      {trip && <Cross x={42} y={26} r={7} />}
    </>
  );
}

function Ats({ asset }: Of) {
  const r = useReading(asset, 'position');
  const to = { normal: 'M28 36L14 14', emergency: 'M28 36L42 14', off: 'M28 36V18' }[stateOf(r)];
  return (
    <>
      <path className="f-line" d="M14 0v12M42 0v12M28 36v8" />
      {to === undefined ? <rect className="f-shape f-thin f-doubt" x="14" y="14" width="28" height="20" /> : <path className="f-blade-line" d={to} />}
      <Fault asset={asset} />
    </>
  );
}

function Generator({ asset }: Of) {
  const r = useReading(asset, 'running');
  return (
    <>
      <circle className={shapeClass(r)} cx="28" cy="22" r="19" />
      {yes(r) === true && <circle className="f-line f-thin" cx="28" cy="22" r="15" />}
      <Glyph x={28} y={24} text="G" size={16} />
      <path className="f-flow" d={yes(r) === true ? 'M20 33q4-6 8 0t8 0' : 'M21 32h14'} />
      <Fault asset={asset} />
    </>
  );
}

function Transformer({ asset }: Of) {
  const [alarm, trip, temperature] = useReadings(asset, ['temperature_alarm', 'temperature_trip', 'winding_temperature_a']);
  const hot = alarm?.abnormal === true || trip?.abnormal === true;
  const shape = hot ? 'f-shape f-open f-alarm-line' : temperature?.number === null ? 'f-shape f-doubt' : 'f-shape f-open';
  return (
    <>
      <circle className={shape} cx="28" cy="15" r="13" />
      <circle className={shape} cx="28" cy="29" r="13" />
      {hot && <Cross x={28} y={22} r={10} />}
    </>
  );
}

function Pump({ asset }: Of) {
  const [running, pumps] = useReadings(asset, ['running', 'pumps_running']);
  const r = running ?? pumps ?? null;
  const on = yes(r);
  return (
    <>
      <circle className={shapeClass(r)} cx="28" cy="22" r="19" />
      {on !== null && <path className={on ? 'f-shape f-thin f-on' : 'f-shape f-thin'} d="M19 6L46 22L19 38z" />}
      <Fault asset={asset} />
    </>
  );
}

function Tank({ asset }: Of) {
  const [percent, level] = useReadings(asset, ['level_percent', 'level']);
  const r = percent ?? level ?? null;
  const height = percent?.number === null || !percent ? 0 : 36 * share(percent.number, 0, 100);
  return (
    <>
      {r?.number === null && <rect className="f-doubt" x="12" y="3" width="32" height="38" />}
      {height > 0 && <rect className="f-fluid" x="12" y={40 - height} width="32" height={height} />}
      {!percent && level?.number !== null && level && <path className="f-flow" d="M14 22q5-4 10 0t10 0t8 0" />}
      <path className="f-line" d="M11 2v39h34v-39" />
    </>
  );
}

function Leak({ asset }: Of) {
  const r = useReading(asset, 'leak');
  return (
    <>
      <path className={shapeClass(r)} d="M28 3q16 18 16 25a16 16 0 0 1-32 0q0-7 16-25z" />
      {r?.number === 0 && <path className="f-flow" d="M21 27l5 6l9-11" />}
      {r?.number === null && <path className="f-flow" d="M28 18v10l6 4" />}
      {r?.abnormal === true && <path className="f-flow f-flow-inv" d="M28 16v12M28 34v.5" />}
    </>
  );
}

function Valve({ asset }: Of) {
  const r = useReading(asset, 'state');
  const state = stateOf(r);
  const cls = (on: boolean) => (state === 'jammed' ? 'f-shape f-alarm-line' : shapeClass(r, on));
  return (
    <>
      <path className="f-line" d="M28 24V8M18 8h20" />
      <path className={cls(state !== 'open' && state !== '')} d="M8 12v24l20-12z" />
      <path className={cls(state === 'closed')} d="M48 12v24l-20-12z" />
      {state === 'jammed' && <Cross x={28} y={24} r={12} />}
    </>
  );
}

function Fire({ asset }: Of) {
  const [pressure, one, two, diesel] = useReadings(asset, ['pressure', 'fire_pump1_running', 'fire_pump2_running', 'diesel_running']);
  const runs = [one, two, diesel].some((r) => r?.abnormal === true);
  return (
    <>
      <rect className={runs ? 'f-shape f-alarm-line' : shapeClass(pressure ?? one ?? null)} x="8" y="3" width="40" height="38" />
      <circle className="f-line" cx="28" cy="22" r="13" />
      <path className={runs ? 'f-alarm-solid' : 'f-shape f-thin'} d="M22 11L41 22L22 33z" />
    </>
  );
}

function Climate({ asset }: Of) {
  const r = useReading(asset, 'temperature');
  return <path className={shapeClass(r)} d="M22 8a6 6 0 0 1 12 0v18a10 10 0 1 1-12 0zM28 12v18" />;
}

function Ups({ asset }: Of) {
  const r = useReading(asset, 'state');
  return (
    <>
      <rect className={r?.abnormal === true ? 'f-shape f-alarm-line' : shapeClass(r)} x="10" y="3" width="36" height="38" />
      <path className="f-flow" d="M16 14q5-8 10 0t10 0M16 26h24M16 32h24" />
      {r?.abnormal === true && <Cross x={28} y={22} r={11} />}
    </>
  );
}

function Contact({ asset }: Of) {
  const r = useReading(asset, 'open');
  const open = yes(r);
  return (
    <>
      <path className="f-pipe" d="M2 36h10M44 36h10" />
      {open === null ? <rect className="f-shape f-thin f-doubt" x="14" y="28" width="28" height="14" /> : <path className="f-blade-line" d={open ? 'M13 36V6' : 'M13 36h30'} />}
    </>
  );
}

function Rain({ asset }: Of) {
  const [rain, rate] = useReadings(asset, ['rain', 'rain_rate']);
  const r = rain ?? rate ?? null;
  return (
    <>
      <path className={shapeClass(r)} d="M16 28a9 9 0 0 1 1-18a12 12 0 0 1 23-1a10 10 0 0 1 0 19z" />
      {(r?.number ?? 0) > 0 && <path className="f-flow" d="M20 32l-3 9M29 32l-3 9M38 32l-3 9" />}
    </>
  );
}

function Module({ asset }: Of) {
  const r = useReading(asset, asset.points[0]?.name ?? '');
  return (
    <>
      <rect className={shapeClass(r)} x="6" y="6" width="44" height="32" />
      <path className="f-flow" d="M14 14v6M22 14v6M30 14v6M38 14v6M14 26h28" />
    </>
  );
}

function Gateway({ asset }: Of) {
  const r = useReading(asset, 'online');
  return (
    <>
      <rect className={shapeClass(r)} x="8" y="22" width="40" height="18" rx="2" />
      <path className="f-flow" d={yes(r) === false ? 'M22 6l12 10M34 6L22 16' : 'M28 22v-6M22 12a8 8 0 0 1 12 0M17 7a15 15 0 0 1 22 0'} />
    </>
  );
}

function Home({ asset }: Of) {
  const r = useReading(asset, 'leak');
  return (
    <>
      <path className={shapeClass(r)} d="M8 22L28 4L48 22V41H8z" />
      <path className="f-line f-thin" d="M23 41V28h10v13" />
    </>
  );
}

const SYMBOLS: Readonly<Record<string, (p: Of) => ReactNode>> = {
  ats: Ats, booster: Pump, breaker: Breaker, climate: Climate, contact: Contact, elevator: Lift, fire_water: Fire,
  gateway: Gateway, generator: Generator, io_module: Module, leak_sensor: Leak, power_meter: Meter, pump: Pump,
  rain_gauge: Rain, tank: Tank, transformer: Transformer, unit: Home, ups: Ups, valve: Valve,
};

/** The small live symbol of an asset; words for it stand beside it. */
export function Symbol({ asset }: Of) {
  const Shape = SYMBOLS[asset.kind] ?? Module;
  return (
    <svg className="symbol" viewBox="0 0 56 44" width="56" height="44" aria-hidden="true">
      <Shape asset={asset} />
    </svg>
  );
}
