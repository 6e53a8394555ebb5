import type { ReactNode } from 'react';
import type { Quality, State } from '../api/types';
import { useText } from './useText';

// Every mark is a shape and a word; the colour only repeats what they say.

function Shape({ children }: { children: ReactNode }) {
  return (
    <svg className="shape" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

const line = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.8, strokeLinecap: 'round' } as const;

const QUALITY: Readonly<Record<Quality, ReactNode>> = {
  good: <circle cx="8" cy="8" r="3" {...line} />,
  uncertain: <path d="M2 9.5c2-4 4-4 6-1.5s4 2.5 6-1.5" {...line} />,
  stale: <path d="M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M8 5v3.2l2.2 1.6" {...line} />,
  bad: <path d="M3.5 3.5l9 9M12.5 3.5l-9 9" {...line} />,
  lost: <path d="M2 8h3.5M10.5 8H14M6.5 5v6M9.5 5v6" {...line} />,
  unknown: <path d="M5.5 6a2.5 2.5 0 1 1 3.6 2.3Q8 8.8 8 10M8 12.8v.2" {...line} />,
};

const STATE: Readonly<Record<State, ReactNode>> = {
  up: <path d="M3 8.5l3.2 3.2L13 5" {...line} />,
  starting: <path d="M8 2.5a5.5 5.5 0 1 1-5.5 5.5" {...line} />,
  warning: <path d="M8 2.5l6 11H2zM8 7v2.8M8 11.8v.1" {...line} />,
  down: <path d="M3.5 3.5l9 9M12.5 3.5l-9 9" {...line} />,
};

export function QualityMark({ quality }: { quality: Quality }) {
  const { t } = useText();
  return (
    <span className={`mark q-${quality}`}>
      <Shape>{QUALITY[quality]}</Shape>
      {t(`quality.${quality}`)}
    </span>
  );
}

/** A state's shape and its word, or another word for it. */
export function StateMark({ state, word }: { state: State; word?: string }) {
  const { t } = useText();
  return (
    <span className={`mark s-${state}`}>
      <Shape>{STATE[state]}</Shape>
      {word ?? t(`state.${state}`)}
    </span>
  );
}

/** A quality's shape alone, where words stand beside it. */
export function QualityShape({ quality }: { quality: Quality }) {
  return <Shape>{QUALITY[quality]}</Shape>;
}

/** The sign beside a good value that says trouble. */
export function TroubleShape() {
  return <Shape>{STATE.warning}</Shape>;
}

/** How many points are not good or say trouble; nothing when none. */
export function CountMarks({ notGood, abnormal }: { notGood: number; abnormal: number }) {
  const { t } = useText();
  return (
    <>
      {abnormal > 0 && (
        <span className="count count-abnormal" title={t('counts.abnormalTitle', { n: abnormal })}>
          <TroubleShape />
          <span className="sr">{t('counts.abnormalTitle', { n: abnormal })}</span>
          <span aria-hidden="true">{abnormal}</span>
        </span>
      )}
      {notGood > 0 && (
        <span className="count count-notgood" title={t('counts.notGoodTitle', { n: notGood })}>
          <Shape>{QUALITY.bad}</Shape>
          <span className="sr">{t('counts.notGoodTitle', { n: notGood })}</span>
          <span aria-hidden="true">{notGood}</span>
        </span>
      )}
    </>
  );
}
