import type { Language, Point } from '../../api/types';
import { type Translate, showNumber } from '../../points/display';
import { formatDuration, formatExact, formatUnit, limitsText, type TimeWords } from '../../points/format';

/** The states of a point that are trouble on their own face, in words; empty where none is. */
export function troubleText(p: Point, language: Language, t: Translate): string {
  switch (p.type) {
    case 'bool':
      return p.alarm === true ? showNumber(p, p.normal === true ? 0 : 1, language, t).text : '';
    case 'enum':
      return (p.labels ?? [])
        .filter((l) => l.alarm === true)
        .map((l) => showNumber(p, l.code, language, t).text)
        .join(t('points.or'));
    case 'int':
      return p.alarm === true ? t('points.notZero') : '';
    case 'float':
      return '';
  }
}

const figure = (n: number, p: Point, language: Language) => `${formatExact(n, language)} ${formatUnit(p.unit)}`.trim();

/** What holds of a point: one line each, the most telling first. */
export function limitLines(p: Point, language: Language, t: Translate, time: TimeWords): string[] {
  const trouble = troubleText(p, language, t);
  const range = limitsText(p, language);
  const step = p.max_step ?? 0;
  return [
    ...(trouble === '' ? [] : [t('points.trouble', { states: trouble })]),
    ...(range === '' ? [] : [t('points.range', { range })]),
    ...(step > 0 ? [t('points.step', { step: figure(step, p, language) })] : []),
    ...(p.counter === true ? [(p.rollover ?? 0) > 0 ? t('points.rollover', { at: figure(p.rollover ?? 0, p, language) }) : t('points.counter')] : []),
    ...(p.fresh > 0 ? [t('points.fresh', { age: formatDuration(p.fresh / 1e6, time) })] : []),
  ];
}
