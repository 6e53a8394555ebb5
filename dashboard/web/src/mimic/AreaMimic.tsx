import { Button } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import type { Asset } from '../api/types';
import { useWidth } from '../charts/useWidth';
import type { Description } from '../live/wire';
import { useText } from '../ui/useText';
import { Legend, Mimic } from './Mimic';
import { NODE, layout } from './layout';

const READABLE = 0.75; // 9 px of a 12 px letter
const STEPS = [0.5, 0.65, 0.8, 1, 1.25, 1.6, 2];

interface Props {
  readonly assets: readonly Asset[];
  readonly description: Description;
  readonly title: string;
}

/** The mimic of some assets in a box that scrolls and zooms. */
export default function AreaMimic({ assets, description, title }: Props) {
  const { t } = useText();
  const [ref, width] = useWidth<HTMLDivElement>();
  const [chosen, setZoom] = useState<number | null>(null);
  const all = useMemo(() => new Map(description.assets.map((a) => [a.id, a])), [description]);
  const wrap = Math.max(340, width - 20);
  const made = useMemo(() => layout(assets, all, wrap), [assets, all, wrap]);
  // The whole picture where that can still be read, until somebody chooses.
  const fit = Math.min(1, width / Math.max(made.width, 1));
  const zoom = chosen ?? (fit >= READABLE ? fit : 1);
  // What feeds all the rest stands at the top: begin there, also where the picture is wider than its box.
  useEffect(() => {
    const first = made.nodes[0];
    const box = ref.current;
    if (box && first) box.scrollLeft = first.x + NODE.width / 2 - box.clientWidth / 2;
  }, [made, ref, width]);
  const step = (by: number) => {
    const at = STEPS.findIndex((s) => s >= zoom);
    setZoom(STEPS[Math.min(Math.max(at + by, 0), STEPS.length - 1)] ?? 1);
  };
  return (
    <section className="panel mimic-panel" aria-label={t('mimic.of', { name: title })}>
      <div className="mimic-bar">
        <Legend />
        <span className="mimic-zoom">
          <Button size="small" aria-label={t('mimic.smaller')} disabled={zoom === STEPS[0]} onClick={() => step(-1)}>
            −
          </Button>
          <Button size="small" aria-label={`${Math.round(zoom * 100)} % · ${t('mimic.fit')}`} onClick={() => setZoom(fit)}>
            {`${Math.round(zoom * 100)} %`}
          </Button>
          <Button size="small" aria-label={t('mimic.larger')} disabled={zoom === STEPS.at(-1)} onClick={() => step(1)}>
            +
          </Button>
        </span>
      </div>
      <div ref={ref} className="mimic-box" role="region" aria-label={t('mimic.of', { name: title })} tabIndex={0}>
        {width > 0 && <Mimic made={made} assets={assets} all={all} areas={description.site.areas} zoom={zoom} />}
      </div>
    </section>
  );
}
