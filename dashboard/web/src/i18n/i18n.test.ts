import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import en from './en.json';
import zh from './zh.json';

interface Tree {
  readonly [key: string]: string | Tree;
}

function leaves(tree: Tree, prefix = ''): Map<string, string> {
  const out = new Map<string, string>();
  for (const [k, v] of Object.entries(tree)) {
    if (typeof v === 'string') out.set(prefix + k, v);
    else for (const [key, text] of leaves(v, `${prefix}${k}.`)) out.set(key, text);
  }
  return out;
}

const src = join(import.meta.dirname, '..');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (f) => /\.tsx?$/.test(f) && !f.endsWith('.test.ts'),
);

// Attributes that a person reads or hears.
const SPOKEN = new Set(['title', 'placeholder', 'alt', 'label', 'aria-label', 'aria-description', 'aria-valuetext', 'caption']);
const LETTER = /\p{L}/u;

interface Found {
  keys: Set<string>; // t('a.b')
  prefixes: Set<string>; // t(`a.${b}`), named(t, 'a', b)
  literals: string[];
}

/** What the sources say: keys they use, and words they should not have. */
function scan(name: string, text: string, found: Found): void {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const key = (e: ts.Expression | undefined): void => {
    if (!e) return;
    if (ts.isStringLiteralLike(e)) found.keys.add(e.text);
    else if (ts.isTemplateExpression(e)) found.prefixes.add(e.head.text);
    else if (ts.isConditionalExpression(e)) [e.whenTrue, e.whenFalse].forEach(key);
  };
  const visit = (n: ts.Node): void => {
    if (ts.isCallExpression(n) && ts.isIdentifier(n.expression)) {
      if (n.expression.text === 't') key(n.arguments[0]);
      const prefix = n.arguments[1];
      if (n.expression.text === 'named' && prefix && ts.isStringLiteral(prefix)) found.prefixes.add(`${prefix.text}.`);
    }
    if (ts.isJsxText(n) && LETTER.test(n.text)) found.literals.push(`${name}: ${n.text.trim()}`);
    if (ts.isJsxAttribute(n) && SPOKEN.has(n.name.getText(file))) {
      const value = n.initializer;
      if (value && ts.isStringLiteral(value) && LETTER.test(value.text)) found.literals.push(`${name}: ${value.text}`);
    }
    if (ts.isJsxExpression(n) && n.expression && ts.isStringLiteralLike(n.expression) && !ts.isJsxAttribute(n.parent)) {
      if (LETTER.test(n.expression.text)) found.literals.push(`${name}: ${n.expression.text}`);
    }
    ts.forEachChild(n, visit);
  };
  visit(file);
}

const found: Found = { keys: new Set(), prefixes: new Set(), literals: [] };
for (const f of files) scan(f, readFileSync(join(src, f), 'utf8'), found);
const english = leaves(en);
const chinese = leaves(zh);

// A text that counts has a form for each of the language's plurals: i18next finds it by "count".
const FORM = /_(one|other)$/;
const named = (texts: ReadonlyMap<string, string>) => new Set([...texts.keys()].map((k) => k.replace(FORM, '')));
/** Whether an English text says several after a place that a 1 may stand in. */
const many = (s: string) => /\}\} (\w+ )?([a-z]{2,}s|are|were|have)\b/.test(s.replace(/\}\} (is|was|has)\b/g, '}}'));

describe('translations', () => {
  it('have the same keys in both languages, none of them empty', () => {
    expect([...named(chinese)].sort()).toEqual([...named(english)].sort());
    for (const [k, v] of [...english, ...chinese]) expect(v.trim(), k).not.toBe('');
  });
  it('fill the same places in both languages', () => {
    const places = (s: string) => [...s.matchAll(/\{\{\w+\}\}/g)].map((m) => m[0]).sort();
    for (const [k, v] of english) expect(places(chinese.get(k.replace(/_one$/, '_other')) ?? ''), k).toEqual(places(v));
  });
  it('have every form that their language counts in', () => {
    for (const [language, texts] of [['en', english], ['zh', chinese]] as const) {
      const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories.map((c) => `_${c}`);
      const counted = [...texts.keys()].filter((k) => FORM.test(k));
      for (const k of counted) {
        expect(forms.filter((f) => !texts.has(k.replace(FORM, f))), k).toEqual([]);
        expect(forms, k).toContain(FORM.exec(k)?.[0]);
        expect(texts.get(k), k).toMatch(/\{\{/);
      }
    }
  });
  it('read well in English where a number is 1', () => {
    expect([...english].filter(([k, v]) => !k.endsWith('_other') && many(v)).map(([k, v]) => `${k}: ${v}`)).toEqual([]);
    expect(many('{{n}} more points')).toBe(true);
    expect(many('{{n}} of {{all}} alarms')).toBe(true);
    expect(many('{{a}} are fed')).toBe(true);
    expect(many('Wait {{n}} s')).toBe(false);
    expect(many('Points: {{n}}')).toBe(false);
  });
  it('exist for every key the page uses', () => {
    const all = [...named(english)];
    expect([...found.keys].filter((k) => !all.includes(k))).toEqual([]);
    expect([...found.prefixes].filter((p) => !all.some((k) => k.startsWith(p)))).toEqual([]);
  });
  it('are all used', () => {
    const used = (k: string) => found.keys.has(k) || [...found.prefixes].some((p) => k.startsWith(p));
    expect([...named(english)].filter((k) => !used(k))).toEqual([]);
  });
  it('name every kind of the catalogue', () => {
    const kinds = join(src, '../../../gateway/kind/kinds');
    const names = readdirSync(kinds).map((f) => `kind.${f.replace(/\.yaml$/, '')}`);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((k) => !english.has(k))).toEqual([]);
  });
});

describe('the sources', () => {
  it('have no words of their own for people', () => {
    expect(found.literals).toEqual([]);
  });
  it('would be caught if they had', () => {
    const bad: Found = { keys: new Set(), prefixes: new Set(), literals: [] };
    scan('bad.tsx', `<p title="Hello">Text {'more'} {t('no.such')}{t(\`kind.\${x}\`)}</p>`, bad);
    expect(bad.literals).toHaveLength(3);
    expect([...bad.keys]).toEqual(['no.such']);
    expect([...bad.prefixes]).toEqual(['kind.']);
  });
});
