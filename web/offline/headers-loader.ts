// Gives the worker the compiled reader of headers. It is no part of the first load: the page fetches it with the first file.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Plugin } from 'vite';
import { address, packed } from './core-loader.ts';

export interface HeadersFiles {
  glue: string;
  wasm: string;
}

/** Where the built module lies: beside the core's. */
export function headersFiles(root: string): HeadersFiles {
  const folder = process.env['PLIMSOLL_CORE'] ?? resolve(root, 'build/wasm');
  return { glue: resolve(folder, 'headers.mjs'), wasm: resolve(folder, 'headers.wasm') };
}

const virtualId = 'virtual:headers';
const resolvedId = `\0${virtualId}`;

/** What one file cannot have beside it: a worker. */
const besideOneFile = /\/headers\/open\.ts$/;

const besideThePage = ({ glue, wasm }: HeadersFiles): string => `
import create from ${JSON.stringify(glue)};
export const loadHeaders = base => create({ locateFile: () => new URL(${JSON.stringify(address('headers.wasm', wasm))}, base).href });`;

const insideThePage = ({ glue, wasm }: HeadersFiles): string => `
import create from ${JSON.stringify(glue)};
const unpack = text => new Response(
  new Blob([Uint8Array.from(atob(text), c => c.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream('deflate-raw')));
export const loadHeaders = async () => create({ wasmBinary: await unpack('${packed(wasm)}').arrayBuffer() });`;

/** `worker`: the plugin of the worker's own bundle, which writes no files. */
export function headersLoader(files: HeadersFiles, single: boolean, worker = false): Plugin {
  return {
    name: 'plimsoll-headers-loader',
    enforce: 'pre',
    async resolveId(id, importer) {
      if (id === virtualId) return resolvedId;
      return single && besideOneFile.test(id) ? this.resolve(id.replace('.ts', '-here.ts'), importer, { skipSelf: true }) : null;
    },
    load: id => (id !== resolvedId ? null : single ? insideThePage(files) : besideThePage(files)),
    transform: (code, id) =>
      id === files.glue ? code.replace(/new URL\(\s*["']headers\.wasm["']\s*,\s*import\.meta\.url\s*\)\.href/g, '"headers.wasm"') : null,
    generateBundle() {
      if (!single && !worker) this.emitFile({ type: 'asset', fileName: 'headers.wasm', source: readFileSync(files.wasm) });
    },
    configureServer(server) {
      server.middlewares.use('/headers.wasm', (_request, response) => {
        response.setHeader('Content-Type', 'application/wasm');
        response.end(readFileSync(files.wasm));
      });
    },
  };
}
