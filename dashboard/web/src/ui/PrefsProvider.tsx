import { ConfigProvider, theme as antTheme } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import type { i18n } from 'i18next';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Language } from '../api/types';
import { PHONE, useMedia } from '../duty/useMedia';
import { type Prefs, PrefsContext, type ThemeChoice, firstLanguage, ownLanguage, remember, remembered } from './prefs';
import { type Words, WordsContext } from './useText';

const query = matchMedia('(prefers-color-scheme: dark)');

function subscribeDark(f: () => void): () => void {
  query.addEventListener('change', f);
  return () => query.removeEventListener('change', f);
}

/** Whether the page is being printed: paper is light, and what is drawn is drawn anew for it before it is. */
function usePaper(): boolean {
  const media = useMedia('print');
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    const begin = () => flushSync(() => setPrinting(true)); // paper does not wait
    const end = () => setPrinting(false);
    addEventListener('beforeprint', begin);
    addEventListener('afterprint', end);
    return () => {
      removeEventListener('beforeprint', begin);
      removeEventListener('afterprint', end);
    };
  }, []);
  return media || printing;
}

function firstTheme(): ThemeChoice {
  const t = remembered('theme');
  return t === 'light' || t === 'dark' ? t : 'auto';
}

const FONT =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif";

/** What a finger in a glove hits, px. */
const FINGERS = { controlHeightSM: 40, controlHeight: 44, controlHeightLG: 48 };

const NO_SPACE = { autoInsertSpace: false };

/** Theme and language for everything below, and for the document itself. */
export function PrefsProvider({ translations, children }: { translations: i18n; children: ReactNode }) {
  const [language, setLanguageState] = useState(firstLanguage);
  const [theme, setThemeState] = useState(firstTheme);
  const systemDark = useSyncExternalStore(subscribeDark, () => query.matches);
  const touch = useMedia(PHONE);
  const paper = usePaper();
  const dark = !paper && (theme === 'dark' || (theme === 'auto' && systemDark));

  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  }, [language]);
  // Before any effect reads a colour of the new theme.
  useLayoutEffect(() => {
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  }, [dark]);

  const prefs = useMemo<Prefs>(() => {
    const adopt = (l: Language) => {
      void translations.changeLanguage(l);
      setLanguageState(l);
    };
    return {
      language,
      theme,
      dark,
      setLanguage: (l) => {
        remember('language', l);
        adopt(l);
      },
      setTheme: (t) => {
        remember('theme', t);
        setThemeState(t);
      },
      suggestLanguage: (l) => {
        if (ownLanguage() === null) adopt(l);
      },
    };
  }, [language, theme, dark, translations]);

  const config = useMemo(
    () => ({
      algorithm: dark ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm,
      token: {
        colorPrimary: dark ? '#6f9bd1' : '#2f5f96',
        colorBgLayout: dark ? '#14181c' : '#eef1f4',
        colorBgContainer: dark ? '#1d2328' : '#ffffff',
        colorBgElevated: dark ? '#1d2328' : '#ffffff',
        colorBorder: dark ? '#5b6872' : '#98a4ae',
        colorTextPlaceholder: dark ? '#93a0aa' : '#65727c',
        borderRadius: 4,
        fontFamily: FONT,
        motion: false, // nothing moves but values
        ...(touch && FINGERS),
      },
      components: {
        Button: dark ? { primaryColor: '#0b1420' } : {},
        Segmented: {
          trackBg: dark ? '#2a3238' : '#dce2e7',
          itemColor: dark ? '#c3ccd3' : '#46535d',
          itemSelectedBg: dark ? '#4b5a66' : '#ffffff',
          itemSelectedColor: dark ? '#ffffff' : '#1d2730',
        },
      },
    }),
    [dark, touch],
  );
  const { t } = useTranslation();
  const words = useMemo<Words>(
    () => ({
      t: (key, values) => t(key, values ?? {}),
      language,
      time: { ms: t('time.ms'), s: t('time.s'), min: t('time.min'), h: t('time.h'), d: t('time.d') },
    }),
    [t, language],
  );
  return (
    <PrefsContext value={prefs}>
      <WordsContext value={words}>
        <ConfigProvider locale={language === 'zh' ? zhCN : enUS} theme={config} button={NO_SPACE}>
          {children}
        </ConfigProvider>
      </WordsContext>
    </PrefsContext>
  );
}
