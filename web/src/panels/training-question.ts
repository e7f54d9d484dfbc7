// The question of training, in one row: model, method, precision, optimizer, micro-batch, sequence length and GPU; below, what a stack starts with.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import type {
  LoraChoice, OptimizerChoice, RecomputeGranularity, TrainingAttention, TrainingKernels, TrainingMethod, TrainingWorkload,
} from '../../../wasm/plimsoll.ts';
import { projects } from '../catalog.ts';
import { plainTraining, trained } from '../state.ts';
import { fullFormatName, methodName, optimizerName, precisionName } from './panel.ts';
import { type Choice, Question } from './question.ts';

type Field = Exclude<keyof TrainingWorkload, 'kind' | 'lora' | 'optimizer'>;

const methods: TrainingMethod[] = ['full', 'lora', 'qlora'];
const attentions: TrainingAttention[] = ['sdpa', 'flash_attention_2', 'sdpa_math', 'eager'];
const kernels: TrainingKernels[] = ['transformers', 'liger', 'compiled', 'transformer_engine'];
const granularities: RecomputeGranularity[] = ['none', 'selective', 'full'];
const adapterDtypes = ['fp32', 'bf16', 'fp16'] as const;
const wholeFormats: ReadonlySet<string> = new Set(['fp32', 'bf16', 'fp16']);

// What Transformers' Trainer starts GaLore with.
const projectionRank = 128;

/** Fields of the group "Step", reset together. */
const stepFields = ['attention', 'kernels', 'recompute_granularity', 'gradient_accumulation_steps'] as const;

const loraFields = ['r', 'target_modules', 'lora_dropout', 'use_dora', 'adapter_dtype'] as const;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

export class TrainingQuestion extends Question {
  static override properties: PropertyDeclarations = { took: { state: true } };

  static override styles = [...Question.styles, css`
    form { grid-template-columns: minmax(0, 3fr) minmax(0, 1.3fr) minmax(0, 2.5fr) minmax(0, 2.5fr) minmax(0, 1.2fr) minmax(0, 1.7fr) minmax(0, 2.5fr); }
    .more { grid-template-columns: minmax(0, 1fr) !important; gap: 20px; }
    fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
    legend { font-size: var(--t0); font-weight: 600; padding: 0; line-height: 24px; }
    legend button { font-size: var(--t0); font-weight: 400; margin-inline-start: 16px; min-height: 24px; }
    .fields { grid-template-columns: repeat(4, minmax(0, 1fr)); }
    .wide { grid-column: 1 / -1; }
    .checks { display: flex; flex-wrap: wrap; gap: 0 20px; align-items: center; }
    .check { display: inline-flex; gap: 8px; align-items: center; min-height: 36px; cursor: pointer; }
    .check input { width: 24px; height: 24px; margin: 0; accent-color: var(--accent); cursor: pointer; }
    .stack { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 3fr); gap: 8px 32px; align-items: end; }
    .stack p { font-size: var(--t0); color: var(--muted); max-width: 90ch; padding-bottom: 6px; }
    @media (max-width: 640px) { .stack { grid-template-columns: minmax(0, 1fr); } .check { min-height: 44px; } }
  `];

  /** The stack whose defaults were just taken. */
  declare took: string;

  constructor() {
    super();
    this.took = '';
  }

  get #asked(): TrainingWorkload {
    return trained(this.view.state.request) ?? { kind: 'training' };
  }

  /** What runs: as asked, else as the stack has it. */
  get #now(): TrainingWorkload {
    const { defaults } = this.view;
    const chosen = Object.entries(this.#asked).filter(([, value]) => value !== undefined && value !== null);
    return { ...defaults, ...Object.fromEntries(chosen) as Partial<TrainingWorkload>, kind: 'training' };
  }

  get #lora(): LoraChoice {
    const chosen = Object.entries(this.#asked.lora ?? {}).filter(([, value]) => value !== undefined && value !== null);
    return { ...this.view.defaults?.lora, ...Object.fromEntries(chosen) };
  }

  #changed(field: Field): boolean {
    return !same(this.#asked[field], null) && !same(this.#asked[field], this.view.defaults?.[field]);
  }

  /** What is asked of a field while nobody has chosen anything. */
  #plain(field: Field): unknown {
    return plainTraining(this.#asked.stack)[field];
  }

  /** A value that is there anyway is not asked for, so that links stay short. */
  #set(field: Field, value: unknown): void {
    this.sendWorkload({ [field]: same(value, this.view.defaults?.[field]) ? this.#plain(field) : value });
  }

  #setLora(change: Partial<LoraChoice>): void {
    const chosen = Object.entries({ ...this.#asked.lora, ...change }).filter(([key, value]) =>
      !same(value, null) && !same(value, this.view.defaults?.lora?.[key as keyof LoraChoice]));
    const lora = { ...plainTraining(this.#asked.stack).lora, ...Object.fromEntries(chosen) };
    this.sendWorkload({ lora: Object.keys(lora).length ? lora : undefined });
  }

  #changedLora(field: keyof LoraChoice): boolean {
    const asked = this.#asked.lora?.[field];
    return !same(asked, null) && !same(asked, this.view.defaults?.lora?.[field]);
  }

  #setOptimizer(optimizer: OptimizerChoice): void {
    const plain = !optimizer.options?.length && (!optimizer.implementation || optimizer.implementation === this.view.defaults?.optimizer?.implementation);
    this.sendWorkload({ optimizer: plain && optimizer.id === this.view.defaults?.optimizer?.id ? undefined : optimizer });
  }

  protected override names(): Record<string, string> {
    const { training, gpu } = this.text;
    return {
      method: training.method, precision: training.precision, optimizer: training.optimizer, id: training.optimizer, micro_batch_size: training.microBatch,
      sequence_length: training.sequence, gradient_accumulation_steps: training.accumulation, attention: training.attention, kernels: training.kernels, stack: training.stack,
      recompute_granularity: training.recompute, implementation: training.implementation, options: training.options, lora: training.adapters,
      target_modules: training.targets, r: training.rank, use_dora: training.dora, adapter_dtype: training.adapterDtype, lora_dropout: training.dropout,
      weight_format: training.base, gpu,
    };
  }

  #method(): TemplateResult {
    const { training } = this.text;
    const method = this.#now.method ?? 'lora';
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
    const now = this.#now;
    const { precision = '', optimizer, micro_batch_size: batch = 1, sequence_length: length } = now;
    return html`${this.#method()}
      ${this.choose('precision', training.precision, this.#changed('precision'), precision ?? '',
        [...catalog.precisions.keys()].map(value => ({ value, label: precisionName(this.view, value) })), value => this.#set('precision', value))}
      ${this.choose('optimizer', training.optimizer, Boolean(this.#asked.optimizer), optimizer?.id ?? '', this.#optimizers(),
        id => this.#setOptimizer({ id, ...(projects(catalog.optimizers.get(id)) ? { rank: projectionRank } : {}) }))}
      ${this.number(training.microBatch, 'count', format.integer(batch), this.#changed('micro_batch_size'),
        value => this.#set('micro_batch_size', value ?? 1), { help: training.microBatchHelp })}
      ${this.length({ label: training.sequence, help: training.sequenceHelp, slider: training.sequenceSlider, changed: this.#changed('sequence_length'),
        tokens: length ?? this.longest, take: tokens => this.#set('sequence_length', tokens) })}
      ${this.device()}`;
  }

  #group(title: string, changed: boolean, reset: () => void, content: TemplateResult): TemplateResult {
    return html`<fieldset><legend>${title}${changed ? html`<button type="button" aria-label=${this.text.training.resetGroup(title)}
      @click=${reset}>${this.text.training.reset}</button>` : nothing}</legend>${content}</fieldset>`;
  }

  #check(label: TemplateResult | string, checked: boolean, changed: boolean, take: (checked: boolean) => void): TemplateResult {
    return html`<label class="check"><input type="checkbox" .checked=${checked} @change=${(event: Event) => take((event.target as HTMLInputElement).checked)} />
      <span>${label}</span>${changed ? html`<span class="changed" title=${this.text.changed}></span>` : nothing}</label>`;
  }

  /** A stack brings its own settings: choosing one leaves the method alone. */
  #takeStack(stack: string): void {
    const { method } = this.#asked;
    this.took = stack;
    this.sendRequest(request => {
      request.workload = { ...plainTraining(stack), ...(method ? { method } : {}) };
      delete request.weight_format;
    });
  }

  #stack(): TemplateResult {
    const { training, comma } = this.text;
    const { catalog, defaults, format } = this.view;
    const { stack } = this.#asked;
    const name = (id: string | null | undefined): string => catalog.stacks.get(id ?? '')?.name ?? id ?? '';
    const starts = defaults ? [training.batch(format.integer(defaults.micro_batch_size ?? 1), format.integer(defaults.sequence_length ?? 0)), precisionName(this.view, defaults.precision ?? ''), optimizerName(this.view, defaults.optimizer),
      training.attentions[defaults.attention ?? 'sdpa'], training.checkpointing[defaults.recompute_granularity ?? 'none']].join(comma) : '';
    const stacks = [...catalog.stacks.keys()].map(value => ({ value, label: name(value) }));
    return html`<div class="stack">${this.choose('stack', training.stack, Boolean(stack), stack ?? '',
        [{ value: '', label: training.noStack }, ...stacks], value => this.#takeStack(value))}
      <p role="status">${stack && this.took === stack ? training.stackTaken(name(stack)) : nothing} ${training.stackStarts(starts)}</p></div>`;
  }

  #step(): TemplateResult {
    const { training } = this.text;
    const { format, catalog } = this.view;
    const now = this.#now;
    const { attention, recompute_granularity: recompute, gradient_accumulation_steps: steps, optimizer } = now;
    const entry = catalog.optimizers.get(optimizer?.id ?? '');
    const stepping = optimizer?.implementation ?? entry?.implementations[0]?.id ?? '';
    return this.#group(training.step, stepFields.some(field => this.#changed(field)) || Boolean(this.#asked.optimizer?.implementation ?? this.#asked.optimizer?.options?.length),
      () => this.sendWorkload({ ...Object.fromEntries(stepFields.map(field => [field, this.#plain(field)])),
        optimizer: this.#asked.optimizer && this.#asked.optimizer.id !== this.view.defaults?.optimizer?.id ? { id: this.#asked.optimizer.id } : undefined }),
      html`<div class="fields">
        ${this.choose('recompute', training.recompute, this.#changed('recompute_granularity'), recompute ?? '',
          granularities.map(value => ({ value, label: training.recomputes[value] })), value => this.#set('recompute_granularity', value))}
        ${this.choose('attention', training.attention, this.#changed('attention'), attention ?? '',
          attentions.map(value => ({ value, label: training.attentions[value] })), value => this.#set('attention', value))}
        ${this.choose('kernels', training.kernels, this.#changed('kernels'), now.kernels ?? 'transformers',
          kernels.map(value => ({ value, label: training.kernelNames[value] })), value => this.#set('kernels', value))}
        <div>${this.number(training.accumulation, 'count', format.integer(steps ?? 1), this.#changed('gradient_accumulation_steps'),
          value => this.#set('gradient_accumulation_steps', value ?? 1), { help: training.accumulationHelp })}</div>
        ${entry && entry.implementations.length > 1 ? this.choose('implementation', training.implementation, Boolean(this.#asked.optimizer?.implementation), stepping,
          entry.implementations.map(({ id }) => ({ value: id, label: training.implementations[id] ?? id })),
          implementation => this.#setOptimizer({ ...optimizer, implementation })) : nothing}
        ${projects(entry) ? html`<div>${this.number(training.projectionRank, 'count', optimizer?.rank ? format.integer(optimizer.rank) : '', false,
          rank => this.#setOptimizer({ ...optimizer, rank }))}</div>` : nothing}
        ${entry?.options?.length ? html`<div class="wide" role="group" aria-label=${training.options}><span class="label">${training.options}</span>
          <div class="checks">${entry.options.map(option => this.#option(optimizer ?? {}, option))}</div></div>` : nothing}
      </div>`);
  }

  #option(optimizer: OptimizerChoice, option: string): TemplateResult {
    const options = optimizer.options ?? [];
    return this.#check(html`<code>${option}</code>`, options.includes(option), options.includes(option), checked =>
      this.#setOptimizer({ ...optimizer, options: checked ? [...options, option] : options.filter(other => other !== option) }));
  }

  #targets(): TemplateResult {
    const { training } = this.text;
    const modules = this.view.modules();
    const wanted = this.#lora.target_modules ?? ['all-linear'];
    const taken = (module: string): boolean => wanted.includes('all-linear') || wanted.includes(module);
    const toggle = (module: string, checked: boolean): void => {
      const next = modules.filter(other => (other === module ? checked : taken(other)));
      if (next.length === modules.length) this.#setLora({ target_modules: ['all-linear'] });
      else if (next.length) this.#setLora({ target_modules: next });
      else this.requestUpdate();
    };
    return html`<div class="wide" role="group" aria-label=${training.targets}><span class="label">${training.targets}${this.#changedLora('target_modules')
        ? html`<span class="changed" title=${this.text.changed}></span>` : nothing}</span>
      <div class="checks">${modules.map(module => this.#check(html`<code>${module}</code>`, taken(module), false, checked => toggle(module, checked)))}</div></div>`;
  }

  #adapters(): TemplateResult | typeof nothing {
    const { training, automatic } = this.text;
    const { format, catalog, state } = this.view;
    const method = this.#now.method ?? 'lora';
    if (method === 'full') return nothing;
    const lora = this.#lora;
    const base = state.request.weight_format ?? '';
    const quantised = catalog.weightFormats.filter(id => !wholeFormats.has(id)).map(value => ({ value, label: fullFormatName(this.view, value) }));
    const dtypes: Choice[] = adapterDtypes.map(value => ({ value, label: catalog.formats.get(value)?.name ?? value }));
    const changed = loraFields.some(field => this.#changedLora(field)) || Boolean(base);
    return this.#group(training.adapters, changed, () => this.sendRequest(request => {
      Object.assign(request.workload, { lora: plainTraining(this.#asked.stack).lora });
      delete request.weight_format;
    }), html`<div class="fields">
      <div>${this.number(training.rank, 'count', format.integer(lora.r ?? 16), this.#changedLora('r'), value => this.#setLora({ r: value }))}</div>
      ${this.choose('adapter-dtype', training.adapterDtype, this.#changedLora('adapter_dtype'), lora.adapter_dtype ?? '',
        lora.adapter_dtype ? dtypes : [{ value: '', label: automatic('') }, ...dtypes],
        value => this.#setLora({ adapter_dtype: (value || null) as LoraChoice['adapter_dtype'] }))}
      ${method === 'qlora' ? this.choose('base', training.base, Boolean(base), base,
        [{ value: '', label: automatic('') }, ...quantised], value => this.sendRequest(request => { request.weight_format = value || null; })) : nothing}
      <div class="checks">${this.#check(training.dropout, lora.lora_dropout ?? false, this.#changedLora('lora_dropout'),
          checked => this.#setLora({ lora_dropout: checked }))}
        ${this.#check(training.dora, lora.use_dora ?? false, this.#changedLora('use_dora'), checked => this.#setLora({ use_dora: checked }))}</div>
      ${this.#targets()}</div>`);
  }

  protected override settings(): TemplateResult {
    return html`${this.#stack()}${this.#step()}${this.#adapters()}`;
  }
}

customElements.define('pl-training-question', TrainingQuestion);
