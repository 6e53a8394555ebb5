import { describe, expect, it } from 'vitest';
import { reasonOf } from '../live/value';
import type { Text } from '../api/types';
import { wordsOf } from './words';

const zh = { text: (t: Text) => t.zh || t.en };
const en = { text: (t: Text) => t.en || t.zh };

describe('why something is so', () => {
  it('is said in the language of the person', () => {
    const say = { zh: '维修中', en: 'under maintenance' };
    expect(wordsOf(say, undefined, zh)).toBe('维修中');
    expect(wordsOf(say, undefined, en)).toBe('under maintenance');
  });
  it('is what was written where the gateway says nothing', () => {
    expect(wordsOf(undefined, '吵', en)).toBe('吵');
    expect(wordsOf({ zh: '', en: '' }, '吵', en)).toBe('吵');
    expect(wordsOf(undefined, undefined, zh)).toBe('');
  });
  it('of a value is read in Chinese where the gateway knows how', () => {
    const v = { number: null, quality: 'lost', time: 1, reason: 'no answer in 1s' } as const;
    expect(reasonOf({ ...v, reasonZh: '1s 内无应答' }, 'zh')).toBe('1s 内无应答');
    expect(reasonOf({ ...v, reasonZh: '1s 内无应答' }, 'en')).toBe('no answer in 1s');
    expect(reasonOf(v, 'zh')).toBe('no answer in 1s');
  });
});
