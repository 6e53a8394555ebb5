import { memo, useMemo } from 'react';
import { Link } from 'react-router';
import type { Area, Asset } from '../api/types';
import { AssetAlarm } from '../duty/AssetAlarms';
import { cardPoints } from '../faceplates/wanted';
import { useAssetCounts } from '../live/hooks';
import { pointTitle, textIn } from '../points/format';
import { CountMarks } from '../ui/Marks';
import { LiveCell } from '../ui/Value';
import { useText } from '../ui/useText';
import { Symbol } from './Symbols';
import type { Energy } from './energised';
import { type Layout, NODE, type Node } from './layout';
import { useEnergised } from './useEnergised';
import './mimic.css';

function Marks({ asset }: { asset: string }) {
  const counts = useAssetCounts(asset);
  return <CountMarks notGood={counts.notGood} abnormal={counts.abnormal} />;
}

const Box = memo(function Box({ node, elsewhere }: { node: Node; elsewhere: string }) {
  const { language } = useText();
  const { asset } = node;
  const points = useMemo(() => cardPoints(asset, 2), [asset]);
  return (
    <Link
      to={`/assets/${encodeURIComponent(asset.id)}`}
      className={node.foreign ? 'mimic-node mimic-foreign' : 'mimic-node'}
      data-asset={asset.id}
      style={{ left: node.x, top: node.y, width: NODE.width, height: NODE.height }}
    >
      <span className="mimic-top">
        <Symbol asset={asset} />
        <span className="mimic-marks">
          <AssetAlarm asset={asset.id} />
          <Marks asset={asset.id} />
        </span>
      </span>
      <span className="mimic-name">{textIn(asset.name, language) || asset.id}</span>
      {node.foreign ? (
        <span className="mimic-value muted">{elsewhere}</span>
      ) : (
        points.map((point) => (
          <span key={point.name} className="mimic-value" title={pointTitle(point, language)}>
            <span className="mimic-title-of">{pointTitle(point, language)}</span>
            <span className="mimic-live">
              <LiveCell asset={asset.id} point={point} />
            </span>
          </span>
        ))
      )}
    </Link>
  );
});

const Lines = memo(function Lines({ made, energy }: { made: Layout; energy: (id: string) => Energy }) {
  return (
    <svg className="mimic-lines" width={made.width} height={made.height} aria-hidden="true">
      {made.lines.map((l) => {
        const e = energy(l.feeder);
        return (
          <g key={`${l.feeder} ${l.d}`} className={`m-${e}`}>
            <path className="m-line" d={l.d} />
            {l.dots.map(([x, y], i) => (
              <circle key={i} className="m-dot" cx={x} cy={y} r="3.5" />
            ))}
          </g>
        );
      })}
    </svg>
  );
});

interface Props {
  readonly made: Layout;
  readonly assets: readonly Asset[];
  readonly all: ReadonlyMap<string, Asset>;
  readonly areas: readonly Area[];
  readonly zoom: number;
}

/** The picture itself at a zoom; whoever shows it gives it a box. */
export function Mimic({ made, assets, all, areas, zoom }: Props) {
  const { t, language } = useText();
  const energy = useEnergised(assets, all);
  const names = useMemo(() => new Map(areas.map((a) => [a.id, textIn(a.name, language)])), [areas, language]);
  return (
    <div className="mimic-size" style={{ width: made.width * zoom, height: made.height * zoom }}>
      <div className="mimic" style={{ width: made.width, height: made.height, transform: `scale(${zoom})` }}>
        <Lines made={made} energy={energy} />
        {made.frames.map((f) => (
          <p key={f.area} className="mimic-frame" style={{ left: f.x, top: f.y, width: f.width }}>
            {t('mimic.alone', { area: names.get(f.area) ?? f.area })}
          </p>
        ))}
        <div className="mimic-nodes">
          {made.nodes.map((n) => (
            <Box key={n.asset.id} node={n} elsewhere={names.get(n.asset.area) ?? n.asset.area} />
          ))}
        </div>
      </div>
    </div>
  );
}

/** What the lines mean. */
export function Legend() {
  const { t } = useText();
  const kinds: Energy[] = ['on', 'off', 'unknown'];
  return (
    <ul className="mimic-legend">
      {kinds.map((e) => (
        <li key={e}>
          <svg width="44" height="10" aria-hidden="true" className={`m-${e}`}>
            <path className="m-line" d="M2 5h40" />
          </svg>
          {t(`mimic.${e}`)}
        </li>
      ))}
    </ul>
  );
}
