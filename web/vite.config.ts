// Two builds of one page: `vite build web` writes the hosted page, `--mode single` the file that works offline.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { coreFiles, coreLoader } from './offline/core-loader.ts';
import { headersFiles, headersLoader } from './offline/headers-loader.ts';
import { hostedPage, singleFile } from './offline/policy.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = coreFiles(root);
const headers = headersFiles(root);

export default defineConfig(({ mode }) => {
  const single = mode === 'single';
  return {
    base: './',
    publicDir: false,
    plugins: [coreLoader(files, single), headersLoader(headers, single), single ? singleFile('plimsoll.html') : hostedPage()],
    worker: { format: 'es', plugins: () => [headersLoader(headers, single, true)] },
    define: { __SINGLE_FILE__: JSON.stringify(single) },
    build: {
      target: 'es2022',
      outDir: '../dist',
      emptyOutDir: !single,
      modulePreload: false,
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rolldownOptions: { output: { codeSplitting: !single } },
    },
  };
});
