import { doorGap, doorOf } from './measure';
import { shapeAlarm, stateOf, useReading, yes } from './reading';
import { Bar, Caption, Cross, type Drawing, type Of, Readout, Rows } from './svg';

const SLOT = 48; // height of a floor
const TOP = 10;

/** Five floors with the car's in the middle: how many floors there are, nobody says. */
function Shaft({ asset }: Of) {
  const floor = useReading(asset, 'car_floor');
  const at = floor?.number ?? null;
  return (
    <>
      <path className="f-line f-thin" d={`M34 ${TOP}v${SLOT * 5}M122 ${TOP}v${SLOT * 5}`} />
      {[0, 1, 2, 3, 4].map((i) => (
        <g key={i}>
          <path className="f-line f-faint" d={`M34 ${TOP + SLOT * (i + 1)}h88`} />
          {at !== null && (
            <Caption x={27} y={TOP + SLOT * i + 29} anchor="end">
              {String(at + 2 - i)}
            </Caption>
          )}
        </g>
      ))}
      <path className="f-line f-faint" d={`M78 ${TOP}v${SLOT * 2}`} />
    </>
  );
}

const DOOR_ARROWS = { opening: 'M66 134h-12l4-4m-4 4l4 4M90 134h12l-4-4m4 4l-4 4', closing: 'M48 134h12l-4-4m4 4l-4 4M108 134h-12l4-4m-4 4l4 4' };

/** The car: its doors as wide open as they are, somebody in it where the lift says so. */
function Car({ asset }: Of) {
  const state = useReading(asset, 'door_state');
  const open = useReading(asset, 'door_open');
  const openLimit = useReading(asset, 'door_open_limit');
  const closedLimit = useReading(asset, 'door_close_limit');
  const people = useReading(asset, 'people');
  const trapped = useReading(asset, 'trapped');
  const floor = useReading(asset, 'car_floor');
  const door = doorOf(stateOf(state), yes(open), yes(openLimit), yes(closedLimit));
  const half = door === null ? 0 : doorGap(door) * 32;
  const stuck = yes(trapped) === true;
  const alarm = shapeAlarm(trapped) || shapeAlarm(state);
  return (
    <>
      <rect className={alarm ? 'f-shape f-alarm-line' : 'f-shape'} x="40" y={TOP + SLOT * 2 + 3} width="76" height={SLOT - 6} />
      {(yes(people) === true || stuck) && (
        <path className={stuck ? 'f-person f-person-stuck' : 'f-person'} d="M78 118a5 5 0 1 1 .1 0M70 147v-14q0-8 8-8t8 8v14z" />
      )}
      {door === null || floor?.number === null ? (
        <rect className="f-shape f-thin f-doubt" x="43" y="112" width="70" height="36" />
      ) : (
        <>
          <rect className="f-door" x="43" y="112" width={35 - half} height="36" />
          <rect className="f-door" x={78 + half} y="112" width={35 - half} height="36" />
        </>
      )}
      {(door === 'opening' || door === 'closing') && <path className="f-flow" d={DOOR_ARROWS[door]} />}
      {door === 'fault' && <Cross x={78} y={130} r={12} />}
    </>
  );
}

const ARROWS: Readonly<Record<string, string>> = {
  up: 'M142 146v-30m-9 10l9-11l9 11',
  down: 'M142 114v30m-9-10l9 11l9-11',
  stopped: 'M133 130h18',
};

function Direction({ asset }: Of) {
  const r = useReading(asset, 'direction');
  const d = ARROWS[stateOf(r)];
  if (!r) return null;
  return d ? <path className="f-arrow" d={d} /> : <rect className="f-shape f-thin f-doubt" x="133" y="118" width="18" height="24" />;
}

function Draw({ asset }: Of) {
  return (
    <>
      <Shaft asset={asset} />
      <Car asset={asset} />
      <Direction asset={asset} />
      <Readout asset={asset} name="car_floor" x={172} y={66} size={58} />
      <Rows asset={asset} names={['direction', 'door_state', 'mode']} x={172} y={106} width={178} />
      <Bar asset={asset} name="car_load" x={172} y={178} width={178} high={120} mark={100} />
      <Rows asset={asset} names={['trapped', 'fault']} x={172} y={220} width={178} />
    </>
  );
}

export const elevator: Drawing = {
  width: 360,
  height: 260,
  names: ['car_floor', 'direction', 'door_state', 'mode', 'car_load', 'people', 'trapped', 'fault'],
  Draw,
};
