// Gives the page the compiled core and the catalogue, in the two ways they travel: beside the page, or inside it.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import type { Plugin } from 'vite';

export interface CoreFiles {
  glue: string;
  wasm: string;
  catalog: string;
}

/** Where the built core lies: build/wasm and build/catalog.json, or the folder that PLIMSOLL_CORE names. */
export function coreFiles(root: string): CoreFiles {
  const folder = process.env['PLIMSOLL_CORE'];
  return folder
    ? { glue: resolve(folder, 'core.mjs'), wasm: resolve(folder, 'core.wasm'), catalog: resolve(folder, 'catalog.json') }
    : { glue: resolve(root, 'build/wasm/core.mjs'), wasm: resolve(root, 'build/wasm/core.wasm'), catalog: resolve(root, 'build/catalog.json') };
}

const virtualId = 'virtual:core';
const resolvedId = `\0${virtualId}`;

export const packed = (file: string): string => deflateRawSync(readFileSync(file), { level: 9 }).toString('base64');

// The content's hash in the address lets a browser keep the file for ever and still see a new one at once.
export const address = (name: string, file: string): string =>
  `${name}?v=${createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 10)}`;

const besideThePage = (files: CoreFiles): string => `
import create from ${JSON.stringify(files.glue)};
export const loadCore = () => create({ locateFile: () => ${JSON.stringify(address('core.wasm', files.wasm))} });
export const loadCatalog = async () => {
  const answer = await fetch(${JSON.stringify(address('catalog.json', files.catalog))});
  if (!answer.ok) throw new Error('catalog.json: ' + answer.status);
  return answer.text();
};`;

const insideThePage = (files: CoreFiles): string => `
import create from ${JSON.stringify(files.glue)};
const unpack = text => new Response(
  new Blob([Uint8Array.from(atob(text), c => c.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream('deflate-raw')));
export const loadCore = async () => create({ wasmBinary: await unpack('${packed(files.wasm)}').arrayBuffer() });
export const loadCatalog = () => unpack('${packed(files.catalog)}').text();`;

export function coreLoader(files: CoreFiles, single: boolean): Plugin {
  return {
    name: 'plimsoll-core-loader',
    enforce: 'pre',
    resolveId: id => (id === virtualId ? resolvedId : null),
    load: id => (id !== resolvedId ? null : single ? insideThePage(files) : besideThePage(files)),
    // The glue's own idea of where the wasm lies would make the bundler copy the file a second time.
    transform: (code, id) =>
      id === files.glue ? code.replace(/new URL\(\s*["']core\.wasm["']\s*,\s*import\.meta\.url\s*\)\.href/g, '"core.wasm"') : null,
    transformIndexHtml: () =>
      single
        ? []
        : [address('core.wasm', files.wasm), address('catalog.json', files.catalog)].map(href => ({
            tag: 'link',
            attrs: { rel: 'preload', as: 'fetch', crossorigin: '', href },
            injectTo: 'head' as const,
          })),
    generateBundle() {
      if (single) return;
      this.emitFile({ type: 'asset', fileName: 'core.wasm', source: readFileSync(files.wasm) });
      this.emitFile({ type: 'asset', fileName: 'catalog.json', source: readFileSync(files.catalog) });
    },
    configureServer(server) {
      const serve = (path: string, file: string, type: string): void => {
        server.middlewares.use(path, (_request, response) => {
          response.setHeader('Content-Type', type);
          response.end(readFileSync(file));
        });
      };
      serve('/core.wasm', files.wasm, 'application/wasm');
      serve('/catalog.json', files.catalog, 'application/json');
    },
  };
}
