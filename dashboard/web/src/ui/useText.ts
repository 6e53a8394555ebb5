import { createContext, use } from 'react';
import type { Language } from '../api/types';
import type { Translate } from '../points/display';
import type { TimeWords } from '../points/format';

export interface Words {
  readonly t: Translate;
  readonly language: Language;
  readonly time: TimeWords;
}

export const WordsContext = createContext<Words | null>(null);

/** The page's words in the person's language. One context: thousands of values ask for it. */
export function useText(): Words {
  const words = use(WordsContext);
  if (!words) throw new Error('useText outside PrefsProvider');
  return words;
}

/** The name of a kind, state or reason that has a translation, else itself. */
export function named(t: Translate, prefix: string, id: string): string {
  const key = `${prefix}.${id}`;
  const text = t(key);
  return text === key ? id : text;
}
