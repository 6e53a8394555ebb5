import { afterEach, describe, expect, it, vi } from 'vitest';
import { firstLanguage, ownLanguage, spoken } from './prefs';

afterEach(() => vi.unstubAllGlobals());

/** A browser with its languages and what was kept in it. */
function browser(languages: readonly string[], kept: string | null): void {
  vi.stubGlobal('navigator', { languages });
  vi.stubGlobal('localStorage', { getItem: (key: string) => (key === 'steward.language' ? kept : null) });
}

describe('the language', () => {
  it('is the first of the browser that the page speaks', () => {
    expect(spoken(['zh-Hant-TW', 'en'])).toBe('zh');
    expect(spoken(['EN-gb', 'zh'])).toBe('en');
    expect(spoken(['de-DE', 'en'])).toBe('en');
    expect(spoken(['de', 'eng', ''])).toBeNull();
  });
  it('is what the person chose before what the browser says', () => {
    browser(['en-US'], 'zh');
    expect(ownLanguage()).toBe('zh');
    browser(['en-US'], null);
    expect(ownLanguage()).toBe('en');
    browser(['en-US'], 'nonsense');
    expect(ownLanguage()).toBe('en');
  });
  it("is left to the site where neither says one that the page speaks", () => {
    browser(['de-DE'], null);
    expect(ownLanguage()).toBeNull();
    expect(firstLanguage()).toBe('en');
  });
});
