// Content security policy of the hosted page and the making of the single file with a policy of its own.

import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';

const withPolicy = (html: string, policy: string): string => {
  const mark = '<meta charset="utf-8">';
  if (!html.includes(mark)) throw new Error(`index.html: no ${mark} to put the policy after`);
  return html.replace(mark, `${mark}\n    <meta http-equiv="Content-Security-Policy" content="${policy}">`);
};

// What "From a hub" asks when it is pressed: two hubs, and the hosts that the first sends large files from.
const hubs = ['https://huggingface.co', 'https://*.hf.co', 'https://modelscope.cn', 'https://*.modelscope.cn'].join(' ');

const hostedPolicy = [
  "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", `connect-src 'self' ${hubs}`, "style-src 'self'",
  "img-src 'self' data:", "base-uri 'none'", "form-action 'none'",
].join('; ');

/** The built page may load its own files, and ask a hub where the reader says so. */
export const hostedPage = (): Plugin => ({
  name: 'plimsoll-hosted-policy',
  apply: 'build',
  transformIndexHtml: { order: 'post', handler: html => withPolicy(html, hostedPolicy) },
});

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const texts = (html: string, tag: string): string[] =>
  [...html.matchAll(new RegExp(`<${tag}\\b[^>]*>([\\s\\S]*?)</${tag}>`, 'g'))].map(match => match[1] ?? '');

// Without connect-src the file cannot make a request at all; the hashes allow exactly the text it was built with.
const lockedPolicy = (html: string): string => [
  "default-src 'none'", `script-src ${texts(html, 'script').map(hash).join(' ')} 'wasm-unsafe-eval'`,
  `style-src ${texts(html, 'style').map(hash).join(' ')}`, 'img-src data:', "base-uri 'none'", "form-action 'none'",
].join('; ');

/** Puts script, styles and icon into one HTML file that needs no other file and no network. */
export const singleFile = (fileName: string): Plugin => ({
  name: 'plimsoll-single-file',
  apply: 'build',
  enforce: 'post',
  generateBundle(_options, bundle) {
    const page = bundle['index.html'];
    if (page?.type !== 'asset') throw new Error('single file: no index.html in the bundle');
    if (Object.values(bundle).filter(({ type }) => type === 'chunk').length !== 1) throw new Error('single file: more than one script');
    let html = String(page.source);
    for (const [name, part] of Object.entries(bundle)) {
      if (part === page) continue;
      const text = part.type === 'chunk' ? part.code : String(part.source);
      if (part.type === 'chunk') {
        // A closing tag inside a string would end the element early.
        // The bundler lists the files that an import needs where it writes chunks; here all are in this one, and its mark stays behind.
        const script = text.replaceAll('__VITE_PRELOAD__', 'void 0').replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
        html = html.replace(/<script[^>]*src="[^"]*"[^>]*><\/script>/, '').replace('</body>', () => `<script type="module">${script}</script>\n  </body>`);
      } else if (name.endsWith('.css')) {
        html = html.replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${text}</style>`);
      }
      delete bundle[name];
    }
    page.source = withPolicy(html, lockedPolicy(html));
    page.fileName = fileName;
  },
});
