// Folders of a few files made for a test, and what the runner says of them. They are removed when the tests of a file are over.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const runner = fileURLToPath(new URL('run.mjs', import.meta.url));
const folders = [];
after(() => folders.forEach(folder => rmSync(folder, { recursive: true })));

export function folderWith(files) {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

export function conformance(...words) {
  const { status, stdout, stderr } = spawnSync('node', [runner, ...words], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

export function rowsOf(files) {
  const { status, stdout, stderr } = conformance(folderWith(files), '--json');
  assert.equal(stderr, '');
  return { status, rows: Object.fromEntries(JSON.parse(stdout).suites.map(row => [row.suite, row])) };
}

export const counts = ({ cases, exact, within, wrong, refused, not_covered: notCovered }) => [cases, exact, within, wrong, refused, notCovered];

export const llama = {
  model_type: 'llama', hidden_size: 64, intermediate_size: 128, num_hidden_layers: 2, num_attention_heads: 4,
  num_key_value_heads: 2, vocab_size: 96, max_position_embeddings: 16384, tie_word_embeddings: true, torch_dtype: 'bfloat16',
};
