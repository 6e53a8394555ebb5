import type { State, SystemStatus } from '../../api/types';
import { StateMark } from '../../ui/Marks';
import { useText } from '../../ui/useText';

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly state: State;
}

const WORST: readonly State[] = ['down', 'warning', 'starting'];

/** The address of a part on its page. */
export function partAnchor(id: string): string {
  return `part-${encodeURIComponent(id)}`;
}

/** What is not up, worst first, so that nobody has to look for it. */
export function Summary({ system }: { system: SystemStatus }) {
  const { t } = useText();
  const entries: Entry[] = [
    ...(system.buses ?? []).map((b) => ({ id: `bus-${b.id}`, name: b.id, state: b.state })),
    ...(system.brokers ?? []).map((b) => ({ id: `broker-${b.id}`, name: b.id, state: b.state })),
    { id: 'journal', name: t('system.journal'), state: system.journal.state },
    ...(system.sinks ?? []).map((s) => ({ id: `sink-${s.name}`, name: s.name, state: s.state })),
  ];
  const wrong = WORST.flatMap((state) => entries.filter((e) => e.state === state));
  if (wrong.length === 0) {
    return (
      <p className="summary">
        <StateMark state="up" /> <span className="muted">{t('system.allUp')}</span>
      </p>
    );
  }
  return (
    <ul className="summary">
      {wrong.map((e) => (
        <li key={e.id}>
          <StateMark state={e.state} /> <a href={`#${partAnchor(e.id)}`}>{e.name}</a>
        </li>
      ))}
    </ul>
  );
}
