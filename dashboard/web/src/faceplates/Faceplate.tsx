import { memo, useMemo } from 'react';
import type { Asset } from '../api/types';
import { useAssetFlags } from '../live/hooks';
import { flagOf } from '../live/counts';
import { pointTitle, textIn } from '../points/format';
import { QualityShape, TroubleShape } from '../ui/Marks';
import { Age, LiveCell } from '../ui/Value';
import { named, useText } from '../ui/useText';
import { gateway, generic, ioModule, ups } from './Boxes';
import { elevator } from './Elevator';
import { powerMeter, transformer } from './Meter';
import { booster, fireWater, pump } from './Pumps';
import { climate, contact, rainGauge, unit } from './Rooms';
import { ats, breaker, generator } from './Switchgear';
import { leakSensor, tank, valve } from './Water';
import { phrase, useOldest, useReading, useSpoken } from './reading';
import type { Drawing } from './svg';
import { facePoints } from './wanted';

const DRAWINGS: Readonly<Record<string, Drawing | ((asset: Asset) => Drawing)>> = {
  ats, booster, breaker, climate, contact, elevator, fire_water: fireWater, gateway, generator, io_module: ioModule,
  leak_sensor: leakSensor, power_meter: powerMeter, pump, rain_gauge: rainGauge, tank, transformer, unit, ups, valve,
};

interface Props {
  readonly asset: Asset;
}

const Inner = memo(function Inner({ asset, drawing }: Props & { drawing: Drawing }) {
  return <drawing.Draw asset={asset} />;
});

/** The drawing, and the same in words for who does not see it. */
function Drawn({ asset, drawing }: Props & { drawing: Drawing }) {
  const { t, language } = useText();
  const head = `${textIn(asset.name, language)} (${named(t, 'kind', asset.kind)})`;
  const spoken = useSpoken(asset, drawing.names, head);
  return (
    <svg
      className="face-svg"
      viewBox={`0 0 ${drawing.width} ${drawing.height}`}
      role="img"
      aria-label={spoken}
      tabIndex={0}
    >
      <Inner asset={asset} drawing={drawing} />
    </svg>
  );
}

function Badge({ asset, name }: Props & { name: string }) {
  const words = useText();
  const r = useReading(asset, name);
  return (
    <span className="badge badge-alarm">
      <TroubleShape />
      {r && phrase(r, words)}
    </span>
  );
}

/** What says trouble and what is not good, by name; the place is kept when there is none. */
function Wrong({ asset }: Props) {
  const { t } = useText();
  const flags = useAssetFlags(asset.id);
  const all = asset.points.map((point, i) => ({ point, ...flagOf(flags[i]) }));
  const abnormal = all.filter((x) => x.abnormal);
  const bad = all.filter((x) => !x.abnormal && x.quality !== 'good');
  return (
    <p className="face-wrong">
      {abnormal.map((x) => (
        <Badge key={x.point.name} asset={asset} name={x.point.name} />
      ))}
      {bad.length > 0 && (
        <span className="badge badge-doubt">
          <QualityShape quality={bad[0]?.quality ?? 'bad'} />
          {t('face.notGood', { n: bad.length })}
        </span>
      )}
      {abnormal.length === 0 && bad.length === 0 && <span className="muted">{t('face.normalAll')}</span>}
    </p>
  );
}

function DrawnAge({ asset, names }: Props & { names: readonly string[] }) {
  const { t } = useText();
  const time = useOldest(asset, names);
  return (
    <span className="face-age">
      {t('face.oldest')} <Age time={time} />
    </span>
  );
}

/** The faceplate of an asset: its drawing, what is wrong, and the figures that the drawing has no place for. */
export default function Faceplate({ asset }: Props) {
  const { t, language } = useText();
  const drawing = useMemo(() => {
    const made = DRAWINGS[asset.kind] ?? generic;
    return typeof made === 'function' ? made(asset) : made;
  }, [asset]);
  const rows = useMemo(() => facePoints(asset).filter((p) => !drawing.names.includes(p.name)), [asset, drawing]);
  return (
    <section className="panel face" aria-label={t('face.of', { name: textIn(asset.name, language) })}>
      <figure className="face-figure">
        <Drawn asset={asset} drawing={drawing} />
        <figcaption>
          <Wrong asset={asset} />
          <DrawnAge asset={asset} names={drawing.names} />
        </figcaption>
      </figure>
      {rows.length > 0 && (
        <ul className="points face-rows">
          {rows.map((p) => (
            <li key={p.name}>
              <span className="point-title" title={p.name}>
                {pointTitle(p, language)}
              </span>
              <LiveCell asset={asset.id} point={p} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
