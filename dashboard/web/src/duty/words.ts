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

/** What a driver says, as the person reads it; as it was written where the gateway has no words for it. */
export function spoken(said: Readonly<Record<string, Text>> | undefined, wrote: string | undefined, language: Language): string {
  const say = said?.[wrote ?? ''];
  return (say === undefined ? '' : textIn(say, language)) || (wrote ?? '');
}
