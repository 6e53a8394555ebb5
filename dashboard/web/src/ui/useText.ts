import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Language } from '../api/types';
import type { Translate } from '../points/display';
import type { TimeWords } from '../points/format';
import { usePrefs } from './prefs';

export interface Words {
  readonly t: Translate;
  readonly language: Language;
  readonly time: TimeWords;
}

/** The page's words in the person's language. */
export function useText(): Words {
  const { t } = useTranslation();
  const { language } = usePrefs();
  return useMemo(
    () => ({
      t: (key, values) => t(key, values ?? {}),
      language,
      time: { ms: t('time.ms'), s: t('time.s'), min: t('time.min'), h: t('time.h'), d: t('time.d') },
    }),
    [t, language],
  );
}

/** The name of a kind, state or reason that has a translation, else itself. */
export function named(t: Translate, prefix: string, id: string): string {
  const key = `${prefix}.${id}`;
  const text = t(key);
  return text === key ? id : text;
}
