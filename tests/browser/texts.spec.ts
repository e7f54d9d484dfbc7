// Every id, symbol, code and kind that the core speaks of has its text in both languages: asked of the core itself,
// over every preset and every setting that changes what a report names.

import { expect, test } from '@playwright/test';
import { en } from '../../web/src/language/en.ts';
import { zhCN } from '../../web/src/language/zh-CN.ts';
import type { Outcome, Report, Request, Term } from '../../wasm/plimsoll.ts';

interface LoadedCore {
  catalog: {
    models: { id: string }[];
    gpus: { id: string; vendor: string }[];
    sources: Record<string, unknown>;
    optimizers: Record<string, { library: string; options?: string[]; implementations: { id: string }[] }>;
    precisions: Record<string, unknown>;
    stacks: Record<string, unknown>;
  };
  loadCore: () => Promise<{ report: (request: string) => string }>;
}

interface Spoken {
  terms: Set<string>;
  symbols: Set<string>;
  kinds: Set<string>;
  reasons: Set<string>;
  rules: Set<string>;
  changes: Set<string>;
  sources: Set<string>;
}

const settings: Partial<Request>[] = [];
for (const attention of ['sdpa', 'eager'] as const) {
  for (const [weight_format, kv_cache_dtype] of [[null, null], ['int4', 'int4'], ['nf4_double_quant', null], ['bnb_int8', null]] as const) {
    for (const max_model_len of [512, 6000]) {
      for (const [gpu, device_count] of [['nvidia/rtx-4090', 1], ['amd/mi300x', 2], ['apple/m4-max-128gb', 1]] as const) {
        settings.push({ weight_format, device: { gpu, device_count }, workload: { kind: 'inference', attention, max_model_len, max_num_seqs: 2, kv_cache_dtype } });
      }
    }
  }
}

const methods = ['full', 'lora', 'qlora'] as const;
const attentions = ['sdpa', 'eager', 'flash_attention_2', 'sdpa_math'] as const;
const granularities = ['none', 'full', 'selective'] as const;

/** For each method, attention and recomputation of a model one request, its other settings taken in turn from the lists of the catalogue. */
function trainingSettings({ optimizers, precisions, stacks }: LoadedCore['catalog'], start: number): Partial<Request>[] {
  const [optimizerIds, precisionIds, stackIds] = [optimizers, precisions, stacks].map(Object.keys) as [string[], string[], string[]];
  const all = methods.flatMap(method => attentions.flatMap(attention => granularities.map(recompute_granularity => ({ method, attention, recompute_granularity }))));
  return all.map((chosen, index) => {
    const turn = start + index;
    const id = optimizerIds[turn % optimizerIds.length]!;
    return {
      device: { gpu: turn % 3 ? 'nvidia/rtx-4090' : 'amd/mi300x' },
      workload: {
        kind: 'training', ...chosen, stack: stackIds[turn % stackIds.length]!, precision: precisionIds[turn % precisionIds.length]!,
        optimizer: { id, options: turn % 2 ? optimizers[id]!.options ?? [] : [], rank: id.startsWith('galore') ? 128 : null },
        micro_batch_size: 1 + (turn % 3), gradient_accumulation_steps: 1 + (turn % 2), sequence_length: 1024, padded: turn % 5 === 0,
        use_reentrant: turn % 7 < 3, kept_logits: (['none', 'output', 'output_fp32'] as const)[turn % 3]!,
        lora: { lora_dropout: turn % 2 === 0, use_dora: turn % 4 === 1 },
      },
    };
  });
}

function listen(spoken: Spoken, report: Report): void {
  const walk = (term: Term): void => {
    spoken.terms.add(term.id);
    if (term.formula) spoken.sources.add(term.formula.source);
    for (const input of term.formula?.inputs ?? []) spoken.symbols.add(input.symbol);
    term.children.forEach(walk);
  };
  walk(report.tree);
  for (const { kind } of report.model.layer_kinds) for (const part of kind.split(' + ')) spoken.kinds.add(part);
  for (const rule of report.rules) {
    spoken.rules.add(rule.rule);
    for (const reason of [...rule.reasons, ...rule.left_out]) spoken.reasons.add(reason.code);
  }
  for (const change of report.advice) spoken.changes.add(change.id);
  if (report.device) spoken.sources.add(report.device.usable_source);
}

test('both languages have a text for everything the core names', async () => {
  test.slow();
  const path = '../wasm/load-core.mjs';
  const { catalog, loadCore } = (await import(path)) as LoadedCore;
  const core = await loadCore();
  const spoken: Spoken = { terms: new Set(), symbols: new Set(), kinds: new Set(), reasons: new Set(), rules: new Set(), changes: new Set(), sources: new Set() };
  for (const { id } of catalog.models) {
    for (const setting of settings) {
      const outcome = JSON.parse(core.report(JSON.stringify({ model: { preset: id }, ...setting }))) as Outcome<Report>;
      if (outcome.ok) listen(spoken, outcome.value);
    }
  }
  expect(spoken.terms.size).toBeGreaterThan(30);
  for (const [language, table] of Object.entries({ en, zhCN })) {
    const missing = (names: Set<string>, known: Record<string, unknown>): string[] => [...names].filter(name => !Object.hasOwn(known, name));
    expect(missing(spoken.terms, table.terms), `${language}: terms`).toEqual([]);
    expect(missing(spoken.symbols, table.symbols), `${language}: symbols`).toEqual([]);
    expect(missing(spoken.kinds, table.kindNames), `${language}: layer kinds`).toEqual([]);
    expect(missing(spoken.reasons, table.reasons), `${language}: reasons`).toEqual([]);
    expect(missing(spoken.rules, table.rules), `${language}: rules`).toEqual([]);
    expect(missing(spoken.changes, table.change), `${language}: changes`).toEqual([]);
    expect(missing(new Set(catalog.gpus.map(gpu => gpu.vendor)), table.vendors), `${language}: vendors`).toEqual([]);
  }
  expect([...spoken.sources].filter(source => !Object.hasOwn(catalog.sources, source)), 'sources without an entry').toEqual([]);
});

test('both languages have a text for everything the core names of training', async () => {
  test.setTimeout(240_000);
  const path = '../wasm/load-core.mjs';
  const { catalog, loadCore } = (await import(path)) as LoadedCore;
  const core = await loadCore();
  const spoken: Spoken = { terms: new Set(), symbols: new Set(), kinds: new Set(), reasons: new Set(), rules: new Set(), changes: new Set(), sources: new Set() };
  const programs = new Set<string>();
  let answered = 0;
  for (const [index, { id }] of catalog.models.entries()) {
    for (const setting of trainingSettings(catalog, index * 7)) {
      const outcome = JSON.parse(core.report(JSON.stringify({ model: { preset: id }, ...setting }))) as Outcome<Report>;
      if (!outcome.ok) continue;
      answered += 1;
      listen(spoken, outcome.value);
      for (const { program } of outcome.value.training!.launch) programs.add(program);
    }
  }
  expect(answered).toBeGreaterThan(catalog.models.length * 10);
  expect([...spoken.terms].filter(term => term.startsWith('saved.')).length).toBeGreaterThan(40);
  const optimizers = Object.values(catalog.optimizers);
  for (const [language, table] of Object.entries({ en, zhCN })) {
    const missing = (names: Iterable<string>, known: Record<string, unknown>): string[] => [...names].filter(name => !Object.hasOwn(known, name));
    const { training } = table;
    expect(missing(spoken.terms, table.terms), `${language}: terms`).toEqual([]);
    expect(missing(spoken.symbols, table.symbols), `${language}: symbols`).toEqual([]);
    expect(missing(spoken.reasons, table.reasons), `${language}: reasons`).toEqual([]);
    expect(missing(spoken.rules, table.rules), `${language}: rules`).toEqual([]);
    expect(missing(spoken.changes, { ...table.change, ...training.change }), `${language}: changes`).toEqual([]);
    expect(missing(Object.keys(catalog.precisions), training.precisions), `${language}: precisions`).toEqual([]);
    expect(missing(optimizers.map(optimizer => optimizer.library), training.libraries), `${language}: libraries`).toEqual([]);
    expect(missing(optimizers.flatMap(optimizer => optimizer.implementations.map(({ id }) => id)), training.implementations), `${language}: implementations`).toEqual([]);
    expect(missing(programs, table.launch.programs), `${language}: programs`).toEqual([]);
  }
  expect([...spoken.sources].filter(source => !Object.hasOwn(catalog.sources, source)), 'sources without an entry').toEqual([]);
});

test('the term, symbol and reason tables of the two languages have the same keys', () => {
  for (const part of ['terms', 'symbols', 'reasons', 'rules', 'kindNames', 'vendors'] as const) {
    expect(Object.keys(zhCN[part]).sort(), part).toEqual(Object.keys(en[part]).sort());
  }
});
