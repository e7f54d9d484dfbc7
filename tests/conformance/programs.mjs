// The native programs, each asked everything in one call.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const programFolder = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'build', 'native-release');

/** Runs a program and keeps `pick(outcome)` of each line it prints. There must be one line for each question. */
async function ask(name, args, input, questions, pick) {
  if (!questions) return [];
  const child = spawn(join(programFolder, `plimsoll-${name}`), args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? code));
  });
  child.stdin.on('error', () => {}); // a program that ends early is noticed by its missing lines
  child.stdin.end(input);
  const answers = [];
  const read = (async () => {
    for await (const line of createInterface({ input: child.stdout })) answers.push(pick(JSON.parse(line)));
  })();
  const [end] = await Promise.all([ended, read]);
  if (answers.length !== questions) {
    throw new Error(`plimsoll-${name} ended with ${end} after ${answers.length} of ${questions} answers`);
  }
  return answers;
}

/** What each config.json describes, in the order of `files`. */
export const inspect = files => ask('inspect', files, '', files.length, outcome => outcome);

/** What the headers of each checkpoint say beside the model of its config, in the order of `pairs`; a GGUF file may have no config. */
export const inspectCheckpoints = pairs =>
  ask('inspect', pairs.flatMap(({ file, config }) => (config ? ['--config', config, file] : [file])), '', pairs.length, outcome => outcome);

/** An outcome for each request, in order; of a report only what `pick` takes from it is kept. */
export function report(requests, pick) {
  const lines = requests.map(request => `${JSON.stringify(request)}\n`).join('');
  return ask('report', ['-'], lines, requests.length, outcome => (outcome.ok ? { ok: true, value: pick(outcome.value) } : outcome));
}

/** The states that an optimizer keeps for a tensor, an outcome for each request, in order. */
export function optimizerStates(requests) {
  const lines = requests.map(request => `${JSON.stringify(request)}\n`).join('');
  return ask('optimizer-states', ['-'], lines, requests.length, outcome => outcome);
}
