import { StateMark } from '../../ui/Marks';
import { type Words, named, useText } from '../../ui/useText';
import { type Entry, wrong } from './health';

/** The address of a part on its page. */
export function partAnchor(id: string): string {
  return `part-${encodeURIComponent(id)}`;
}

function nameOf(e: Entry, t: Words['t']): string {
  switch (e.kind) {
    case 'bus':
    case 'broker':
      return e.name;
    case 'sink':
      return named(t, 'readers', e.name);
    case 'journal':
      return t('system.journal');
    case 'rules':
      return t('rulesPart.title');
    case 'state':
      return t('statePart.title');
    case 'books':
      return t('books.wrongShort');
  }
}

/** What is not up, worst first, then what works and yet wants a look, so that nobody has to search for it. */
export function Summary({ all }: { all: readonly Entry[] }) {
  const { t } = useText();
  const shown = wrong(all);
  if (shown.length === 0) {
    return (
      <p className="summary">
        <StateMark state="up" /> <span className="muted">{t('system.allUp')}</span>
      </p>
    );
  }
  return (
    <ul className="summary">
      {shown.map((e) => (
        <li key={e.id}>
          {e.state === 'up' ? <StateMark state="warning" word={t('system.hint')} /> : <StateMark state={e.state} />} <a href={`#${partAnchor(e.id)}`}>{nameOf(e, t)}</a>
        </li>
      ))}
    </ul>
  );
}
