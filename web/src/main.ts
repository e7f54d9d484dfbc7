// Wires state, estimator and panels; nothing else.

import { html, nothing, render, type TemplateResult } from 'lit';
import './style.css';
import { curveLengths } from './charts/scale.ts';
import { type CurvePoint, type Estimator, openEstimator } from './estimator.ts';
import { Format } from './format.ts';
import { intakeFor, missingPart } from './checkpoint-intake.ts';
import { broken, browserLanguage, htmlLanguage, type Language, loadMessages, type Messages, messages } from './language/index.ts';
import { readLink, writeLink } from './link.ts';
import { type Answer, type Asked, type Patch, type State, type View, Store, defaultRequest } from './state.ts';
import { changeEvent } from './panels/panel.ts';
import { acceptFiles, filesEvent, takeFiles } from './panels/intake.ts';
import { openTermEvent } from './panels/load.ts';
import type { Ledger } from './panels/ledger.ts';
import type { FormatRow, PlimsollError, Report, RuleTable } from '../../wasm/plimsoll.ts';
import './panels/masthead.ts';
import './panels/serving-question.ts';
import './panels/verdict.ts';
import './panels/readouts.ts';
import './panels/problem.ts';
import './panels/ledger.ts';
import './panels/moments.ts';
import './panels/model-facts.ts';
import './panels/curve.ts';
import './panels/ranking.ts';
import './panels/format-matrix.ts';
import './panels/rules.ts';
import './panels/colophon.ts';

/** What a question's side needs beyond the page; loaded once. */
const loadSide = async ({ request }: State): Promise<unknown> => request.workload.kind === 'training' ? import('./panels/training-side.ts') : null;

const root = document.querySelector<HTMLElement>('#app')!;

// Moves the focus without writing a hash, which holds the settings.
const toVerdict = (event: Event): void => {
  event.preventDefault();
  document.querySelector<HTMLElement>('#verdict-place')?.focus();
};

/** Why: the terms, and beside them what only this side has. */
const reasons = (view: View): TemplateResult => view.answer?.report.training
  ? html`<div class="columns"><pl-ledger .view=${view}></pl-ledger><pl-levels .view=${view}></pl-levels></div>
      <pl-timeline .view=${view}></pl-timeline><pl-ladder .view=${view}></pl-ladder>`
  : html`<div class="columns"><pl-ledger .view=${view}></pl-ledger><pl-moments .view=${view}></pl-moments></div>`;

const page = (view: View, points: CurvePoint[]): TemplateResult => html`
  <nav aria-label=${view.text.skip}><a class="skip" href="#verdict-place" @click=${toVerdict}>${view.text.skip}</a></nav>
  <div class="page"><pl-masthead .view=${view}></pl-masthead>
    <main>
      ${view.state.request.workload.kind === 'training' ? html`<pl-training-question .view=${view}></pl-training-question>`
        : html`<pl-serving-question .view=${view}></pl-serving-question>`}
      <pl-problem .view=${view}></pl-problem>
      <pl-verdict id="verdict-place" tabindex="-1" .view=${view}></pl-verdict>
      <pl-readouts .view=${view}></pl-readouts>
      <pl-load .view=${view}></pl-load>
      ${reasons(view)}
      <pl-ranking .view=${view}></pl-ranking>
      ${view.answer?.report.training ? nothing : html`<pl-format-matrix .view=${view}></pl-format-matrix>`}
      <div class="columns"><pl-curve .view=${view} .points=${points}></pl-curve><pl-model-facts .view=${view}></pl-model-facts></div>
      <pl-rules .view=${view}></pl-rules>
      <pl-launch .view=${view}></pl-launch>
      <pl-colophon .view=${view}></pl-colophon>
    </main></div>`;

// The verdict follows every step of a slider; ranking and curve follow when it rests.
const restBeforeTheRest = 50;
// Every format of the model's is asked about for the names in a list alone: after all that is looked at.
const restBeforeTheNames = 250;
// Browsers refuse an address that changes too often.
const restBeforeTheLink = 200;

class Page {
  #answer: Answer | null = null;
  #error: PlimsollError | null = null;
  #points: CurvePoint[] = [];
  #recipes: FormatRow[] = [];
  #asked: Asked | null = null;
  readonly #ruleTable: RuleTable | null;
  #language: Language;
  #hash = location.hash;
  #written = 0;
  #rest = 0;
  #naming = 0;
  #writing = 0;

  constructor(
    readonly store: Store,
    readonly estimator: Estimator,
    language: Language,
  ) {
    this.#language = language;
    const table = estimator.core.ruleTable();
    this.#ruleTable = table.ok ? table.value : null;
    store.subscribe(state => this.#show(state));
    this.#show(store.state);
  }

  #estimate(request: Asked): void {
    if (request === this.#asked) return;
    this.#asked = request;
    const outcome = this.estimator.report(request);
    this.#error = outcome.ok ? null : outcome.error;
    if (outcome.ok) this.#keep(request, outcome.value, false);
    else if (!this.#answer) {
      const usual = defaultRequest(request.workload.kind);
      const instead = this.estimator.report(usual);
      if (instead.ok) this.#keep(usual, instead.value, true);
    }
  }

  #keep(request: Asked, report: Report, fallback: boolean): void {
    const answer: Answer = { request, report, ranking: this.#answer?.ranking ?? null, fallback };
    this.#answer = answer;
    clearTimeout(this.#rest);
    this.#rest = window.setTimeout(() => {
      this.#answer = { ...answer, ranking: this.estimator.ranking(request) };
      this.#points = this.estimator.curve(request, curveLengths(report.model.max_position_embeddings));
      this.#show(this.store.state);
    }, restBeforeTheRest);
    clearTimeout(this.#naming);
    this.#naming = window.setTimeout(() => {
      const recipes = request.workload.kind === 'inference' ? this.estimator.recipes(request) : [];
      if (recipes === this.#recipes) return;
      this.#recipes = recipes;
      this.#show(this.store.state);
    }, restBeforeTheNames);
  }

  get text(): Messages {
    return messages[this.#language]!;
  }

  /** The language asked for, or the one before it until its texts are here. */
  #inLanguage(state: State): Language {
    const asked = state.language ?? browserLanguage();
    if (messages[asked]) this.#language = asked;
    else loadMessages(asked).then(() => this.#show(this.store.state),
      (error: unknown) => this.store.update({ language: this.#language, fileError: missingPart('page', String(error)) }));
    return this.#language;
  }

  #show(state: State): void {
    loadSide(state).catch((error: unknown) => {
      if (!this.store.state.fileError) this.store.update({ fileError: missingPart('page', String(error)) });
    });
    this.#estimate(state.request);
    const language = this.#inLanguage(state);
    const view: View = {
      state, answer: this.#answer, error: state.fileError ?? this.#error, catalog: this.estimator.catalog,
      text: this.text, format: new Format(language, state.unit), version: this.estimator.version, ruleTable: this.#ruleTable,
      defaults: this.estimator.defaults(state.request), modules: () => this.estimator.modules(state.request),
      recipes: this.#recipes, matrix: (formats, gpus) => this.estimator.matrix(this.#answer?.request ?? state.request, formats, gpus),
      fileSize: () => this.estimator.fileSize(this.#answer?.request ?? state.request),
      loading: () => (this.#answer ? this.estimator.loading(this.#answer.request, this.#answer.report.model) : null),
      reportText: () => this.estimator.core.reportText(this.#answer?.request ?? state.request),
    };
    document.documentElement.lang = htmlLanguage[language];
    document.documentElement.dataset['theme'] = state.theme;
    const outcome = this.#answer?.report.verdict?.outcome;
    document.title = this.#answer && outcome ? view.text.title(this.#answer.report.model.name, view.text.outcome[outcome]) : 'Plimsoll';
    render(page(view, this.#points), root);
    clearTimeout(this.#writing);
    if (!this.#error) this.#writing = window.setTimeout(() => void this.#remember(state), restBeforeTheLink);
  }

  /** The address follows the settings, without filling the browser's history. */
  async #remember(state: State): Promise<void> {
    const turn = ++this.#written;
    const hash = await writeLink(state);
    if (turn !== this.#written || hash === this.#hash) return;
    this.#hash = hash;
    history.replaceState(null, '', hash || location.pathname + location.search);
  }

  async follow(hash: string): Promise<void> {
    if (hash === this.#hash) return;
    clearTimeout(this.#writing);
    this.#hash = hash;
    this.store.update(await readLink(hash));
  }
}

async function start(): Promise<void> {
  const asked = readLink(location.hash);
  const language = asked.then(state => state.language ?? browserLanguage());
  const [estimator, state] = await Promise.all([openEstimator(), asked, language.then(loadMessages), asked.then(loadSide)]);
  root.replaceChildren();
  const store = new Store(state);
  const shown = new Page(store, estimator, await language);
  root.addEventListener(changeEvent, event => store.update((event as CustomEvent<Patch>).detail));
  root.addEventListener(openTermEvent, event => void document.querySelector<Ledger>('pl-ledger')?.reveal((event as CustomEvent<string>).detail));
  const intake = intakeFor(store);
  root.addEventListener(filesEvent, event => void takeFiles((event as CustomEvent<File[]>).detail, intake));
  acceptFiles(intake, () => shown.text.dropNow);
  addEventListener('hashchange', () => void shown.follow(location.hash));
}

start().catch((error: unknown) => {
  const language = browserLanguage();
  const note = document.createElement('p');
  note.setAttribute('role', 'alert');
  note.textContent = `${broken[language]} (${error instanceof Error ? error.message : String(error)})`;
  root.append(note);
});
