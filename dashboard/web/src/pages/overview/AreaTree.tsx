import { useState } from 'react';
import type { AreaNode } from '../../live/areas';
import { useAreaCounts, useTotals } from '../../live/hooks';
import { textIn } from '../../points/format';
import { CountMarks } from '../../ui/Marks';
import { useText } from '../../ui/useText';

interface Props {
  readonly nodes: readonly AreaNode[];
  readonly chosen: string;
  readonly onChoose: (area: string) => void;
}

function AreaMarks({ area }: { area: string }) {
  const counts = useAreaCounts(area);
  return <CountMarks notGood={counts.notGood} abnormal={counts.abnormal} />;
}

function TotalMarks() {
  const counts = useTotals();
  return <CountMarks notGood={counts.notGood} abnormal={counts.abnormal} />;
}

function Branch({ node, chosen, onChoose }: { node: AreaNode } & Omit<Props, 'nodes'>) {
  const { t, language } = useText();
  const [open, setOpen] = useState(true);
  const name = textIn(node.area.name, language);
  return (
    <li>
      <div className="tree-row">
        {node.children.length > 0 ? (
          <button
            type="button"
            className="twist"
            aria-expanded={open}
            aria-label={t(open ? 'areas.fold' : 'areas.unfold', { name })}
            onClick={() => setOpen(!open)}
          />
        ) : (
          <span className="twist-none" />
        )}
        <button
          type="button"
          className="tree-name"
          aria-current={chosen === node.area.id ? 'true' : undefined}
          onClick={() => onChoose(chosen === node.area.id ? '' : node.area.id)}
        >
          <span className="tree-text">{name}</span>
          <AreaMarks area={node.area.id} />
        </button>
      </div>
      {open && node.children.length > 0 && (
        <ul>
          {node.children.map((c) => (
            <Branch key={c.area.id} node={c} chosen={chosen} onChoose={onChoose} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** The areas as a tree; choosing one shows it and what is within it. */
export function AreaTree({ nodes, chosen, onChoose }: Props) {
  const { t } = useText();
  return (
    <nav className="tree-nav" aria-label={t('areas.label')}>
      <ul>
        <li>
          <div className="tree-row">
            <button
              type="button"
              className="tree-name tree-all"
              aria-current={chosen === '' ? 'true' : undefined}
              onClick={() => onChoose('')}
            >
              <span className="tree-text">{t('areas.all')}</span>
              <TotalMarks />
            </button>
          </div>
        </li>
        {nodes.map((n) => (
          <Branch key={n.area.id} node={n} chosen={chosen} onChoose={onChoose} />
        ))}
      </ul>
    </nav>
  );
}
