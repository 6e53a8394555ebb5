import { Button } from 'antd';
import { type ThemeChoice, usePrefs } from './prefs';
import { useText } from './useText';

const NEXT: Readonly<Record<ThemeChoice, ThemeChoice>> = { auto: 'light', light: 'dark', dark: 'auto' };

/** Language and theme, each one button that says what is chosen or will be. */
export function PrefsSwitches() {
  const { t } = useText();
  const { language, theme, setLanguage, setTheme } = usePrefs();
  const other = language === 'zh' ? 'en' : 'zh';
  return (
    <>
      <Button
        size="small"
        type="text"
        lang={other === 'zh' ? 'zh-CN' : 'en'}
        data-testid="language"
        onClick={() => setLanguage(other)}
      >
        {t(`language.${other}`)}
      </Button>
      <Button
        size="small"
        type="text"
        data-testid="theme"
        data-theme-choice={theme}
        aria-label={t('theme.label', { now: t(`theme.${theme}`) })}
        onClick={() => setTheme(NEXT[theme])}
      >
        <svg className="shape" viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
          <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
        </svg>
        {t(`theme.${theme}`)}
      </Button>
    </>
  );
}
