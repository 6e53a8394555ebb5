import { useEffect } from 'react';
import { useDescription } from '../live/hooks';
import { textIn } from '../points/format';
import { usePrefs } from './prefs';
import { useText } from './useText';

/** The site's name, which becomes the document's; the site's language is taken where neither person nor browser asks for one. */
export function useSite(): string {
  const { t, language } = useText();
  const { suggestLanguage } = usePrefs();
  const site = useDescription()?.site;
  const siteLanguage = site?.language;
  // Only the site's own word starts this, not a change of the person's choice.
  useEffect(() => {
    if (siteLanguage) suggestLanguage(siteLanguage);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [siteLanguage]);
  const name = site ? textIn(site.name, language) : t('app.name');
  useEffect(() => {
    document.title = name;
  }, [name]);
  return name;
}
