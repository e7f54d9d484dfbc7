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

const deflated = (content: Buffer | string): string => deflateRawSync(content, { level: 9 }).toString('base64');
export const packed = (file: string): string => deflated(readFileSync(file));

// The content's hash in the address lets a browser keep the file for ever and still see a new one at once.
const addressOf = (name: string, content: Buffer | string): string =>
  `${name}?v=${createHash('sha256').update(content).digest('hex').slice(0, 10)}`;
export const address = (name: string, file: string): string => addressOf(name, readFileSync(file));

interface Parts {
  catalog: string;
  sources: string;
}

/** The catalogue in two: what every visit needs, and the sources that are read where a formula is opened. Those of memory are always shown. */
function partsOf(file: string): Parts {
  const catalog = JSON.parse(readFileSync(file, 'utf8')) as { memory_classes: unknown; sources: Record<string, unknown> };
  const shown = new Set([...JSON.stringify(catalog.memory_classes).matchAll(/"source":"([^"]+)"/g)].map(match => match[1]));
  const of = (near: boolean): Record<string, unknown> => Object.fromEntries(Object.entries(catalog.sources).filter(([id]) => shown.has(id) === near));
  return { catalog: JSON.stringify({ ...catalog, sources: of(true) }), sources: JSON.stringify(of(false)) };
}

const besideThePage = (files: CoreFiles): string => `
import create from ${JSON.stringify(files.glue)};
export const loadCore = () => create({ locateFile: () => ${JSON.stringify(address('core.wasm', files.wasm))} });
const textOf = async address => {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(address + ': ' + answer.status);
  return answer.text();
};
export const loadCatalog = () => textOf(${JSON.stringify(addressOf('catalog.json', partsOf(files.catalog).catalog))});
export const loadSources = () => textOf(${JSON.stringify(addressOf('sources.json', partsOf(files.catalog).sources))});`;

const insideThePage = (files: CoreFiles): string => `
import create from ${JSON.stringify(files.glue)};
const unpack = text => new Response(
  new Blob([Uint8Array.from(atob(text), c => c.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream('deflate-raw')));
export const loadCore = async () => create({ wasmBinary: await unpack('${packed(files.wasm)}').arrayBuffer() });
export const loadCatalog = () => unpack('${deflated(partsOf(files.catalog).catalog)}').text();
export const loadSources = () => unpack('${deflated(partsOf(files.catalog).sources)}').text();`;

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
        : [address('core.wasm', files.wasm), addressOf('catalog.json', partsOf(files.catalog).catalog)].map(href => ({
            tag: 'link',
            attrs: { rel: 'preload', as: 'fetch', crossorigin: '', href },
            injectTo: 'head' as const,
          })),
    generateBundle() {
      if (single) return;
      this.emitFile({ type: 'asset', fileName: 'core.wasm', source: readFileSync(files.wasm) });
      const { catalog, sources } = partsOf(files.catalog);
      this.emitFile({ type: 'asset', fileName: 'catalog.json', source: catalog });
      this.emitFile({ type: 'asset', fileName: 'sources.json', source: sources });
    },
    configureServer(server) {
      const serve = (path: string, content: () => Buffer | string, type: string): void => {
        server.middlewares.use(path, (_request, response) => {
          response.setHeader('Content-Type', type);
          response.end(content());
        });
      };
      serve('/core.wasm', () => readFileSync(files.wasm), 'application/wasm');
      serve('/catalog.json', () => partsOf(files.catalog).catalog, 'application/json');
      serve('/sources.json', () => partsOf(files.catalog).sources, 'application/json');
    },
  };
}
