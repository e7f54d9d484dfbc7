// The question of training, in one row: model, method, precision, optimizer, micro-batch, sequence length and GPU; below, what a stack starts with.

import { type PropertyDeclarations, type TemplateResult, html, nothing } from 'lit';
import type { LoraChoice, OptimizerChoice, RecomputeModule, TrainingMethod, TrainingObjective } from '../../../wasm/plimsoll.ts';
import { projects } from '../catalog.ts';
import { plainTraining } from '../state.ts';
import { fullFormatName, methodName, optimizerName, precisionName } from './panel.ts';
import type { Choice } from './question.ts';
import { TrainingFields } from './training-fields.ts';

const methods: TrainingMethod[] = ['full', 'lora', 'qlora'];
const recomputeModules: RecomputeModule[] = ['core_attn', 'mlp', 'moe', 'shared_experts', 'layernorm', 'moe_act', 'mla_up_proj'];
const adapterDtypes = ['fp32', 'bf16', 'fp16'] as const;
const wholeFormats: ReadonlySet<string> = new Set(['fp32', 'bf16', 'fp16']);

// What Transformers' Trainer starts GaLore with.
const projectionRank = 128;

/** Fields of the group "Step", reset together. */
const stepFields = [
  'recompute_granularity', 'recompute_method', 'recompute_num_layers', 'recompute_modules', 'attention', 'kernels', 'loss', 'activation_offloading',
  'gradient_accumulation_steps', 'gradient_clipping', 'optimizer_in_backward', 'padded', 'packing', 'use_reentrant', 'kept_logits',
  'objective', 'max_completion_length', 'enable_input_require_grads',
] as const;

const loraFields = ['r', 'target_modules', 'target_parameters', 'modules_to_save', 'lora_dropout', 'use_dora', 'adapter_dtype'] as const;

export class TrainingQuestion extends TrainingFields {
  static override properties: PropertyDeclarations = { took: { state: true } };

  /** The stack whose defaults were just taken. */
  declare took: string;

  constructor() {
    super();
    this.took = '';
  }

  protected override names(): Record<string, string> {
    const { training, gpu } = this.text;
    return {
      method: training.method, precision: training.precision, optimizer: training.optimizer, id: training.optimizer, micro_batch_size: training.microBatch,
      sequence_length: training.sequence, gradient_accumulation_steps: training.accumulation, attention: training.attention, kernels: training.kernels,
      stack: training.stack, recompute_granularity: training.recompute, recompute_method: training.recomputeMethod,
      recompute_num_layers: training.recomputeLayers, recompute_modules: training.recomputeModules, loss: training.loss,
      activation_offloading: training.offloading, gradient_clipping: training.clipping,
      optimizer_in_backward: training.inBackward, padded: training.padded, packing: training.packing, kept_logits: training.keptLogits,
      objective: training.objective, max_completion_length: training.completion, teacher: training.teacher, frozen: training.frozen,
      enable_input_require_grads: training.inputGradients, modules_to_save: training.savedModules, target_parameters: training.targetParameters, implementation: training.implementation, options: training.options, lora: training.adapters,
      target_modules: training.targets, r: training.rank, use_dora: training.dora, adapter_dtype: training.adapterDtype, lora_dropout: training.dropout,
      weight_format: training.base, gpu,
    };
  }

  #method(): TemplateResult {
    const { training } = this.text;
    const method = this.now.method ?? 'lora';
    return this.choose('method', training.method, method !== 'lora', method, methods.map(value => ({ value, label: methodName(this.view, value) })),
      value => this.sendRequest(request => {
        Object.assign(request.workload, { method: value === 'lora' ? undefined : value });
        delete request.weight_format;
      }));
  }

  #optimizers(): Choice[] {
    const { optimizers } = this.view.catalog;
    return [...optimizers].map(([value, { name, library }]) => ({ value, label: name, group: this.text.training.libraries[library] ?? library }))
      .toSorted((a, b) => Number(b.value.startsWith('torch-')) - Number(a.value.startsWith('torch-')));
  }

  protected override row(): TemplateResult {
    const { text } = this;
    const { training } = text;
    const { format, catalog } = this.view;
    const now = this.now;
    const { precision = '', optimizer, micro_batch_size: batch = 1, sequence_length: length } = now;
    return html`${this.#method()}
      ${this.choose('precision', training.precision, this.changed('precision'), precision ?? '',
        [...catalog.precisions.keys()].map(value => ({ value, label: precisionName(this.view, value) })), value => this.set('precision', value))}
      ${this.choose('optimizer', training.optimizer, Boolean(this.asked.optimizer), optimizer?.id ?? '', this.#optimizers(),
        id => this.setOptimizer({ id, ...(projects(catalog.optimizers.get(id)) ? { rank: projectionRank } : {}) }))}
      ${this.number(training.microBatch, 'count', format.integer(batch ?? 1), this.changed('micro_batch_size'),
        value => this.set('micro_batch_size', value ?? 1), { help: training.microBatchHelp })}
      ${this.length({ label: training.sequence, help: training.sequenceHelp, slider: training.sequenceSlider, changed: this.changed('sequence_length'),
        tokens: length ?? this.longest, take: tokens => this.set('sequence_length', tokens) })}
      ${this.device()}`;
  }

  /** A stack brings its own settings: choosing one leaves the method alone. */
  #takeStack(stack: string): void {
    const { method } = this.asked;
    this.took = stack;
    this.sendRequest(request => {
      request.workload = { ...plainTraining(stack), ...(method ? { method } : {}) };
      delete request.weight_format;
    });
  }

  #stack(): TemplateResult {
    const { training, comma } = this.text;
    const { catalog, defaults, format } = this.view;
    const { stack } = this.asked;
    const name = (id: string | null | undefined): string => catalog.stacks.get(id ?? '')?.name ?? id ?? '';
    const starts = defaults ? [training.batch(format.integer(defaults.micro_batch_size ?? 1), format.integer(defaults.sequence_length ?? 0)), precisionName(this.view, defaults.precision ?? ''), optimizerName(this.view, defaults.optimizer),
      training.attentions[defaults.attention ?? 'sdpa'], training.checkpointing[defaults.recompute_granularity ?? 'none']].join(comma) : '';
    const stacks = [...catalog.stacks.keys()].map(value => ({ value, label: name(value) }));
    return html`<div class="stack">${this.choose('stack', training.stack, Boolean(stack), stack ?? '',
        [{ value: '', label: training.noStack }, ...stacks], value => this.#takeStack(value))}
      <p role="status">${stack && this.took === stack ? training.stackTaken(name(stack)) : nothing} ${training.stackStarts(starts)}</p></div>`;
  }

  #recompute(): TemplateResult {
    const { training } = this.text;
    const { recompute_granularity: granularity, recompute_num_layers: layers, recompute_modules: modules } = this.now;
    const taken = modules ?? ['core_attn'];
    return html`${this.pick('recompute_granularity', training.recompute, training.recomputes, 'none')}
      ${granularity === 'full' ? html`${this.pick('recompute_method', training.recomputeMethod, training.recomputeMethods, 'uniform')}
        <div>${this.number(training.recomputeLayers, 'count', this.view.format.integer(layers ?? 1), this.changed('recompute_num_layers'),
          value => this.set('recompute_num_layers', value))}</div>` : nothing}
      ${granularity === 'selective' ? html`<div class="wide" role="group" aria-label=${training.recomputeModules}><span class="label">${training.recomputeModules}</span>
        <div class="checks">${recomputeModules.map(module => this.check(html`<code>${module}</code>`, taken.includes(module), false, checked =>
          this.set('recompute_modules', recomputeModules.filter(other => (other === module ? checked : taken.includes(other))))))}</div></div>` : nothing}`;
  }

  #resetStep(): void {
    const { optimizer } = this.asked;
    this.sendWorkload({ ...Object.fromEntries(stepFields.map(field => [field, this.plain(field)])),
      optimizer: optimizer && optimizer.id !== this.view.defaults?.optimizer?.id ? { id: optimizer.id } : undefined });
  }

  #step(): TemplateResult {
    const { training } = this.text;
    const { format, catalog } = this.view;
    const { gradient_accumulation_steps: steps, optimizer } = this.now;
    const entry = catalog.optimizers.get(optimizer?.id ?? '');
    const asked = this.asked.optimizer;
    const stepping = optimizer?.implementation ?? entry?.implementations[0]?.id ?? '';
    const changed = stepFields.some(field => this.changed(field)) || Boolean(asked?.implementation ?? asked?.options?.length);
    return this.group(training.step, changed, () => this.#resetStep(), html`<div class="fields">
      ${this.#objective()}
      ${this.#recompute()}
      ${this.pick('attention', training.attention, training.attentions, 'sdpa')}
      ${this.pick('kernels', training.kernels, training.kernelNames, 'transformers')}
      ${this.pick('loss', training.loss, training.losses, 'transformers')}
      ${this.pick('activation_offloading', training.offloading, training.offloadings, 'none')}
      ${this.pick('kept_logits', training.keptLogits, training.keptLogitNames, 'none')}
      <div>${this.number(training.accumulation, 'count', format.integer(steps ?? 1), this.changed('gradient_accumulation_steps'),
        value => this.set('gradient_accumulation_steps', value ?? 1), { help: training.accumulationHelp })}</div>
      ${entry && entry.implementations.length > 1 ? this.choose('implementation', training.implementation, Boolean(asked?.implementation), stepping,
        entry.implementations.map(({ id }) => ({ value: id, label: training.implementations[id] ?? id })),
        implementation => this.setOptimizer({ ...optimizer, implementation })) : nothing}
      ${projects(entry) ? html`<div>${this.number(training.projectionRank, 'count', optimizer?.rank ? format.integer(optimizer.rank) : '', false,
        rank => this.setOptimizer({ ...optimizer, rank }))}</div>` : nothing}
      <div class="checks wide">${this.flag('gradient_clipping', training.clipping)}${this.flag('optimizer_in_backward', training.inBackward)}
        ${this.flag('padded', training.padded)}${this.flag('packing', training.packing)}${this.flag('use_reentrant', training.reentrant)}
        ${this.#asksInputGradients() ? this.flag('enable_input_require_grads', training.inputGradients) : nothing}</div>
      ${entry?.options?.length ? html`<div class="wide" role="group" aria-label=${training.options}><span class="label">${training.options}</span>
        <div class="checks">${entry.options.map(option => this.#option(optimizer ?? {}, option))}</div></div>` : nothing}
    </div>`);
  }

  /** Only frozen embeddings are asked for a gradient. */
  #asksInputGradients(): boolean {
    return this.now.method !== 'full' || Boolean(this.now.frozen);
  }

  #objective(): TemplateResult {
    const { training } = this.text;
    const { objective, max_completion_length: completion } = this.now;
    const generates = objective === 'grpo' || objective === 'ppo';
    const names = Object.entries(training.objectives).map(([value, label]) => ({ value, label }));
    // PPO's trainer recomputes nothing by itself, whatever the stack says.
    const take = (value: string): void => this.sendWorkload({
      objective: value === 'sft' ? this.plain('objective') as TrainingObjective | undefined : value as TrainingObjective,
      ...(value === 'ppo' ? { recompute_granularity: 'none' } : objective === 'ppo' ? { recompute_granularity: undefined } : {}),
    });
    return html`${this.choose('objective', training.objective, this.changed('objective'), objective ?? 'sft', names, take)}
      ${generates ? html`<div>${this.number(training.completion, 'tokens', this.view.format.integer(completion ?? (objective === 'ppo' ? 53 : 512)), this.changed('max_completion_length'),
        value => this.set('max_completion_length', value))}</div>` : nothing}`;
  }

  #frozen(): TemplateResult | typeof nothing {
    const { training } = this.text;
    if (this.now.method !== 'full') return nothing;
    const { modules, first_layers: layers } = this.asked.frozen ?? {};
    return this.group(training.frozen, Boolean(this.asked.frozen), () => this.sendWorkload({ frozen: undefined }), html`<div class="fields">
      <div>${this.number(training.frozenLayers, 'count', layers ? this.view.format.integer(layers) : '', Boolean(layers),
        value => this.setFrozen({ first_layers: value }), { optional: true })}</div>
      ${this.words('frozen-modules', training.frozenModules, Boolean(modules?.length), modules, training.frozenHint, words => this.setFrozen({ modules: words }))}
    </div>`);
  }

  #option(optimizer: OptimizerChoice, option: string): TemplateResult {
    const options = optimizer.options ?? [];
    return this.check(html`<code>${option}</code>`, options.includes(option), options.includes(option), checked =>
      this.setOptimizer({ ...optimizer, options: checked ? [...options, option] : options.filter(other => other !== option) }));
  }

  #targets(): TemplateResult {
    const { training } = this.text;
    const modules = this.view.modules();
    const wanted = this.lora.target_modules ?? ['all-linear'];
    const taken = (module: string): boolean => wanted.includes('all-linear') || wanted.includes(module);
    const toggle = (module: string, checked: boolean): void => {
      const next = modules.filter(other => (other === module ? checked : taken(other)));
      if (next.length === modules.length) this.setLora({ target_modules: ['all-linear'] });
      else if (next.length) this.setLora({ target_modules: next });
      else this.requestUpdate();
    };
    return html`<div class="wide" role="group" aria-label=${training.targets}><span class="label">${training.targets}${this.changedLora('target_modules')
        ? html`<span class="changed" title=${this.text.changed}></span>` : nothing}</span>
      <div class="checks">${modules.map(module => this.check(html`<code>${module}</code>`, taken(module), false, checked => toggle(module, checked)))}</div></div>`;
  }

  #adapters(): TemplateResult | typeof nothing {
    const { training, automatic } = this.text;
    const { format, catalog, state } = this.view;
    const method = this.now.method ?? 'lora';
    if (method === 'full') return nothing;
    const lora = this.lora;
    const base = state.request.weight_format ?? '';
    const quantised = catalog.weightFormats.filter(id => !wholeFormats.has(id)).map(value => ({ value, label: fullFormatName(this.view, value) }));
    const dtypes: Choice[] = adapterDtypes.map(value => ({ value, label: catalog.formats.get(value)?.name ?? value }));
    const changed = loraFields.some(field => this.changedLora(field)) || Boolean(base);
    return this.group(training.adapters, changed, () => this.sendRequest(request => {
      Object.assign(request.workload, { lora: plainTraining(this.asked.stack).lora });
      delete request.weight_format;
    }), html`<div class="fields">
      <div>${this.number(training.rank, 'count', format.integer(lora.r ?? 16), this.changedLora('r'), value => this.setLora({ r: value }))}</div>
      ${this.choose('adapter-dtype', training.adapterDtype, this.changedLora('adapter_dtype'), lora.adapter_dtype ?? '',
        lora.adapter_dtype ? dtypes : [{ value: '', label: automatic('') }, ...dtypes],
        value => this.setLora({ adapter_dtype: (value || null) as LoraChoice['adapter_dtype'] }))}
      ${method === 'qlora' ? this.choose('base', training.base, Boolean(base), base,
        [{ value: '', label: automatic('') }, ...quantised], value => this.sendRequest(request => { request.weight_format = value || null; })) : nothing}
      <div class="checks">${this.check(training.dropout, lora.lora_dropout ?? false, this.changedLora('lora_dropout'),
          checked => this.setLora({ lora_dropout: checked }))}
        ${this.check(training.dora, lora.use_dora ?? false, this.changedLora('use_dora'), checked => this.setLora({ use_dora: checked }))}</div>
      ${this.#targets()}
      ${this.words('target-parameters', training.targetParameters, this.changedLora('target_parameters'), lora.target_parameters, training.parametersHint,
        words => this.setLora({ target_parameters: words.length ? words : null }))}
      ${this.words('modules-to-save', training.savedModules, this.changedLora('modules_to_save'), lora.modules_to_save, training.savedHint,
        words => this.setLora({ modules_to_save: words.length ? words : null }))}</div>`);
  }

  protected override settings(): TemplateResult {
    return html`${this.#stack()}${this.#step()}${this.#frozen()}${this.#adapters()}`;
  }
}

customElements.define('pl-training-question', TrainingQuestion);
