import type { Language, Text } from '../api/types';
import { textIn } from '../points/format';
import type { Names } from './names';

/**
 * Why something is so: what the gateway says, in the person's language, else what was written, by a person or by a gateway that
 * knew only the site's language. '' where there is neither.
 */
export function wordsOf(say: Text | undefined, wrote: string | undefined, names: Pick<Names, 'text'>): string {
  const said = say === undefined ? '' : names.text(say);
  return said === '' ? (wrote ?? '') : said;
}

/** The same where nothing else has to be named: what a driver says. */
export function spoken(say: Text | undefined, wrote: string | undefined, language: Language): string {
  return wordsOf(say, wrote, { text: (t) => textIn(t, language) });
}
