// The shapes that cross between the core and its users. Field names are the wire names.

export type ErrorCode =
  | 'invalid_json' | 'missing_field' | 'wrong_type' | 'out_of_range' | 'unknown_model_type' | 'unknown_id'
  | 'unsupported_combination' | 'does_not_divide' | 'overflow' | 'too_large' | 'empty_input';

export interface PlimsollError {
  code: ErrorCode;
  where: string;
  message: string;
  hint: string;
  message_zh: string;
  hint_zh: string;
}

export type Outcome<T> = { ok: true; value: T } | { ok: false; error: PlimsollError };

export interface Notice {
  code: string;
  where: string;
  message: string;
  message_zh: string;
}

export type ModelSource = { preset: string } | { config: string } | { parameter_count: string };

export interface InferenceWorkload {
  kind: 'inference';
  max_model_len?: number;
  max_num_seqs?: number;
  prompt_tokens?: number | null;
  kv_cache_dtype?: string | null;
  attention?: 'sdpa' | 'eager';
}

export interface Request {
  model: ModelSource;
  weight_format?: string | null;
  engine?: string;
  workload: InferenceWorkload;
  parallel?: { tensor_parallel_size?: number };
  device?: { gpu: string; device_count?: number } | null;
}

export type Basis = 'exact' | 'documented' | 'measured' | 'assumed';
export type FitOutcome = 'fits' | 'tight' | 'does_not_fit';

export interface Input {
  symbol: string;
  name: string;
  value: number;
}

export interface Formula {
  text: string;
  inputs: Input[];
  source: string;
  basis: Basis;
  low?: number;
  high?: number;
}

export interface Term {
  id: string;
  label: string | null;
  bytes: number;
  combine: 'leaf' | 'sum' | 'peak';
  formula: Formula | null;
  children: Term[];
}

export interface LayerKind {
  kind: string;
  count: number;
  kv_bytes_per_token: number;
  sliding_window: number | null;
}

export interface ModelSummary {
  name: string;
  model_type: string;
  family: string;
  source: string;
  parameter_count: number;
  active_parameter_count: number;
  mtp_parameter_count: number;
  tied_parameter_count: number;
  num_hidden_layers: number;
  hidden_size: number;
  vocab_size: number;
  num_attention_heads: number;
  num_key_value_heads: number;
  head_dim: number;
  max_position_embeddings: number;
  dtype: string;
  layer_kinds: LayerKind[];
}

export interface Segment {
  id: string;
  bytes: number;
}

export interface DeviceFacts {
  id: string;
  name: string;
  vendor: string;
  device_count: number;
  marketed_memory: string;
  nominal_bytes: number;
  usable_bytes: number;
  usable_basis: Basis;
  usable_source: string;
  bandwidth_bytes_per_second: number | null;
}

export interface Verdict {
  outcome: FitOutcome;
  usable_bytes: number;
  needed_bytes: number;
  headroom_bytes: number;
  used_permille: number;
}

export interface Answer {
  value: number;
  limit: 'memory' | 'model';
  needed_bytes: number;
  limiting_term: string;
}

export interface Change {
  id: string;
  value: string;
  needed_bytes: number;
  saved_bytes: number;
  outcome: FitOutcome;
  request: Request;
}

export interface RuleComparison {
  rule: string;
  case: string;
  applies: boolean;
  rule_bytes: number;
  exact_bytes: number | null;
  reasons: string[];
}

export interface Report {
  version: string;
  catalog_date: string;
  request: Request;
  model: ModelSummary;
  needed_bytes: number;
  needed_low_bytes: number;
  needed_high_bytes: number;
  worst_moment: string;
  segments: Segment[];
  tree: Term;
  by_basis: { exact: number; documented: number; measured: number; assumed: number };
  device: DeviceFacts | null;
  verdict: Verdict | null;
  capacity: { longest_context: Answer; most_sequences: Answer } | null;
  advice: Change[];
  rules: RuleComparison[];
  notices: Notice[];
}

export interface RankingRow {
  gpu: string;
  device_count: number;
  usable_bytes: number;
  needed_bytes: number;
  headroom_bytes: number;
  outcome: FitOutcome;
  devices_needed: number | null;
}

export interface Ranking {
  rows: RankingRow[];
}

export interface Totals {
  needed_bytes: number;
  weights_bytes: number;
  kv_cache_bytes: number;
  worst_moment: string;
  outcome: FitOutcome | null;
}

export interface CatalogInfo {
  version: string;
  catalog_date: string;
}
