import { memo } from 'react';
import type { Point } from '../api/types';
import { useEverySecond, useLiveValue } from '../live/hooks';
import { reasonOf, type LiveValue } from '../live/value';
import { isAbnormal } from '../points/abnormal';
import { showNumber } from '../points/display';
import { formatAge } from '../points/format';
import { QualityMark, TroubleShape } from './Marks';
import { useText } from './useText';

/** A value as text; its mark too unless the quality has a place of its own. */
export function ValueText({ point, value, mark = true }: { point: Point; value: LiveValue; mark?: boolean }) {
  const { t, language } = useText();
  if (value.number === null) {
    if (!mark) return <span className="none">{t('value.none')}</span>;
    return (
      <>
        <QualityMark quality={value.quality} />
        <span className="unit" />
      </>
    );
  }
  const { text, unit } = showNumber(point, value.number, language, t);
  const abnormal = isAbnormal(point, value);
  return (
    <>
      {mark && value.quality !== 'good' && <QualityMark quality={value.quality} />}
      <span className={abnormal ? 'number abnormal' : value.quality === 'good' ? 'number' : 'number doubtful'}>
        {abnormal && <TroubleShape />}
        {text}
      </span>
      <span className="unit">{unit}</span>
    </>
  );
}

/** How long ago, in one word; it renders alone and only when it changes. */
export const Age = memo(function Age({ time }: { time: number }) {
  const { t, time: words } = useText();
  const text = useEverySecond((now) => (time > 0 ? formatAge(now - time, words) : ''));
  return <span className="age">{text === '' ? t('value.never') : text}</span>;
});

/** The live value of one point with its age: the only part of a page that a change renders. */
export const LiveCell = memo(function LiveCell({ asset, point }: { asset: string; point: Point }) {
  const { language } = useText();
  const value = useLiveValue(asset, point.name);
  return (
    <>
      <span className="value" title={value.reason === '' ? undefined : reasonOf(value, language)}>
        <ValueText point={point} value={value} />
      </span>
      <Age time={value.time} />
    </>
  );
});
