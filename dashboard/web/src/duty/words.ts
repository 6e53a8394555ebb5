import type { Text } from '../api/types';
import type { Names } from './names';

/**
 * Why something is so: what the gateway says, in the person's language, else what was written, by a person or by a gateway that
 * knew only the site's language. '' where there is neither.
 */
export function wordsOf(say: Text | undefined, wrote: string | undefined, names: Pick<Names, 'text'>): string {
  const said = say === undefined ? '' : names.text(say);
  return said === '' ? (wrote ?? '') : said;
}
