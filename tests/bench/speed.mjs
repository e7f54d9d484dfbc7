// The same questions asked of the module under node and of the native library.
import { loadCore, nativeTool } from '../wasm/load-core.mjs';

// Time of the processor, not of the wall, so that a busy machine measures the same.
const microseconds = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const median = values => values.sort((left, right) => left - right)[Math.floor(values.length / 2)];

/** Median over 15 batches, each long enough for the clock, after the engine has compiled what is hot. */
function measure(call) {
  for (const end = microseconds() + 1_500_000; microseconds() < end;) call();
  const batches = [];
  for (let batch = 0; batch < 15; ++batch) {
    const start = microseconds();
    let calls = 0;
    do {
      call();
      ++calls;
    } while (microseconds() - start < 50_000);
    batches.push((microseconds() - start) / calls);
  }
  return median(batches);
}

const serving = { kind: 'inference', max_model_len: 8192 };
const training = { kind: 'training', method: 'full', sequence_length: 4096 };
const request = (preset, workload = serving) => JSON.stringify({ model: { preset }, workload, device: { gpu: 'nvidia/rtx-4090' } });

const questions = [
  { name: 'full report, Llama-3.1-8B', call: 'report', preset: 'meta-llama/Llama-3.1-8B', goal: 200 },
  { name: 'full report, DeepSeek-V3', call: 'report', preset: 'deepseek-ai/DeepSeek-V3', goal: 1000 },
  { name: 'totals only, Llama-3.1-8B', call: 'totals', preset: 'meta-llama/Llama-3.1-8B', goal: 20 },
  { name: 'totals only, DeepSeek-V3', call: 'totals', preset: 'deepseek-ai/DeepSeek-V3', goal: 20 },
  { name: 'full training report, Llama-3.1-8B', call: 'report', preset: 'meta-llama/Llama-3.1-8B', workload: training, goal: 2000 },
  { name: 'full training report, DeepSeek-V3', call: 'report', preset: 'deepseek-ai/DeepSeek-V3', workload: training },
  { name: 'training totals only, Llama-3.1-8B', call: 'totals', preset: 'meta-llama/Llama-3.1-8B', workload: training, goal: 50 },
  { name: 'training totals only, DeepSeek-V3', call: 'totals', preset: 'deepseek-ai/DeepSeek-V3', workload: training },
  { name: 'every GPU ranked, Llama-3.1-8B', call: 'rank_devices', preset: 'meta-llama/Llama-3.1-8B' },
];

function nativeMicroseconds(call, text) {
  const { stdout, status } = nativeTool('plimsoll-bench', call, text);
  if (status !== 0) throw new Error(`plimsoll-bench ${call}: ${stdout}`);
  return Number(stdout);
}

export async function speeds() {
  const core = await loadCore();
  return questions.flatMap(({ name, call, preset, workload, goal }) => {
    const text = request(preset, workload);
    const { ok, error } = JSON.parse(core[call](text));
    if (!ok) throw new Error(`${preset}: ${error.message}`);
    const wasm = measure(() => core[call](text));
    const native = nativeMicroseconds(call, text);
    return [
      { name: `${name}, WebAssembly under node`, value: wasm, unit: 'us', goal },
      { name: `${name}, native`, value: native, unit: 'us' },
      { name: `${name}, WebAssembly / native`, value: wasm / native, unit: 'x', digits: 2, goal: 1.5 },
    ];
  });
}
