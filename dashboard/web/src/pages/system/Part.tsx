import type { ReactNode } from 'react';
import type { State } from '../../api/types';
import { formatDuration, formatNumber, formatShare } from '../../points/format';
import { StateMark } from '../../ui/Marks';
import { useText } from '../../ui/useText';
import { partAnchor } from './Summary';

interface Props {
  readonly anchor: string;
  readonly title: string;
  readonly url?: string;
  readonly state: State;
  readonly error: string | undefined;
  readonly since?: string;
  readonly now: number;
  readonly children: ReactNode;
}

/** One wire, the journal or one sink: its name, its state and since when, and why. */
export function Part({ anchor, title, url, state, error, since, now, children }: Props) {
  const { t, time } = useText();
  const from = since === undefined ? NaN : Date.parse(since);
  return (
    <section className={`panel part part-${state}`} id={partAnchor(anchor)}>
      <header className="part-head">
        <h3>{title}</h3>
        <StateMark state={state} />
        {from > 0 && <span className="muted">{t('system.since', { time: formatDuration(now - from, time) })}</span>}
        {url !== undefined && <span className="muted part-url">{url}</span>}
      </header>
      {error !== undefined && error !== '' && <p className="part-error">{error}</p>}
      {children}
    </section>
  );
}

export interface Fact {
  readonly name: string;
  readonly value: ReactNode;
  readonly bad?: boolean; // more than there should be
}

/** Named figures in a row. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map((f) => (
        <div key={f.name} className={f.bad === true ? 'fact-bad' : undefined}>
          <dt>{f.name}</dt>
          <dd>{f.value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A counter, grouped. */
export function Count({ n }: { n: number }) {
  const { language } = useText();
  return <span className="number">{formatNumber(n, 0, language)}</span>;
}

const LEAST = 0.0005; // a smaller share would be told as none

/** A counter and its share of another one. */
export function Rate({ n, of }: { n: number; of: number }) {
  const { language } = useText();
  return (
    <span className="number">
      {formatNumber(n, 0, language)} {n > 0 && of > 0 && <span className="muted">{n / of < LEAST ? '< 0.1 %' : formatShare(n / of, language)}</span>}
    </span>
  );
}
