// The two languages. zh-CN has the type of en, so a missing text does not compile. The page loads the one that it shows.

import type { en } from './en.ts';

export type Language = 'en' | 'zh';
export type Messages = typeof en;
export type { Explained } from './en-terms.ts';

const tables: Record<Language, () => Promise<Messages>> = {
  en: async () => (await import('./en.ts')).en,
  zh: async () => (await import('./zh-CN.ts')).zhCN,
};

/** The texts that are here. */
export const messages: Partial<Record<Language, Messages>> = {};

export async function loadMessages(language: Language): Promise<Messages> {
  return messages[language] ??= await tables[language]();
}

/** What is said when nothing else could be loaded. */
export const broken: Record<Language, string> = {
  en: 'The calculator could not be loaded. Reload the page; if that does not help, the browser may be too old for WebAssembly.',
  zh: '计算模块加载失败。请刷新页面；若仍失败，可能是浏览器版本过旧，不支持 WebAssembly。',
};

/** What to do where a part of the page did not arrive. */
export const reload: Record<Language, string> = { en: 'Reload the page and try again.', zh: '请刷新页面后重试。' };

export const htmlLanguage: Record<Language, string> = { en: 'en', zh: 'zh-CN' };

/** The browser's wish; never its place. */
export const browserLanguage = (): Language =>
  navigator.languages.map(tag => tag.toLowerCase()).find(tag => /^(zh|en)\b/.test(tag))?.startsWith('zh') ? 'zh' : 'en';
