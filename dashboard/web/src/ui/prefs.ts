import { createContext, use } from 'react';
import type { Language } from '../api/types';

export type ThemeChoice = 'auto' | 'light' | 'dark';

/** What this person chose on this machine, and what follows from it. */
export interface Prefs {
  readonly language: Language;
  readonly theme: ThemeChoice;
  readonly dark: boolean;
  readonly setLanguage: (l: Language) => void;
  readonly setTheme: (t: ThemeChoice) => void;
  /** Takes the site's language where neither the person nor the browser asks for one. */
  readonly suggestLanguage: (l: Language) => void;
}

export const PrefsContext = createContext<Prefs | null>(null);

export function usePrefs(): Prefs {
  const prefs = use(PrefsContext);
  if (!prefs) throw new Error('usePrefs outside PrefsProvider');
  return prefs;
}

// Storage may be forbidden; the choice then lasts as long as the page.

export function remembered(key: 'language' | 'theme' | 'user'): string | null {
  try {
    return localStorage.getItem(`steward.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: 'language' | 'theme' | 'user', value: string): void {
  try {
    localStorage.setItem(`steward.${key}`, value);
  } catch {
    // See above.
  }
}

export function isLanguage(x: string | null): x is Language {
  return x === 'zh' || x === 'en';
}

/** The first of a browser's languages that the page speaks; null when it speaks none of them. */
export function spoken(languages: readonly string[]): Language | null {
  for (const l of languages) {
    const base = l.toLowerCase().split('-')[0] ?? '';
    if (isLanguage(base)) return base;
  }
  return null;
}

/** What the person chose, else what the browser asks for; null leaves it to the site. */
export function ownLanguage(): Language | null {
  const chosen = remembered('language');
  return isLanguage(chosen) ? chosen : spoken(navigator.languages);
}

/** The language until the site's is known. */
export function firstLanguage(): Language {
  return ownLanguage() ?? 'en';
}
