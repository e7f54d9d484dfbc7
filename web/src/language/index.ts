// The two languages. zh-CN has the type of en, so a missing text does not compile.

import { en } from './en.ts';
import { zhCN } from './zh-CN.ts';

export type Language = 'en' | 'zh';
export type Messages = typeof en;
export type { Explained } from './en-terms.ts';

export const messages: Record<Language, Messages> = { en, zh: zhCN };
export const htmlLanguage: Record<Language, string> = { en: 'en', zh: 'zh-CN' };

/** The browser's wish; never its place. */
export const browserLanguage = (): Language =>
  navigator.languages.map(tag => tag.toLowerCase()).find(tag => /^(zh|en)\b/.test(tag))?.startsWith('zh') ? 'zh' : 'en';
