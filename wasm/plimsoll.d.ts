// Generated from core/wire.hpp and core/vocabulary.hpp by wasm/emit_types.cpp: do not edit.

export type Outcome<T> = { ok: true; value: T } | { ok: false; error: PlimsollError };

export type ErrorCode = 'invalid_json' | 'missing_field' | 'wrong_type' | 'out_of_range' | 'unknown_model_type' | 'unknown_id' | 'unsupported_combination' | 'does_not_divide' | 'overflow' | 'too_large' | 'empty_input' | 'invalid_file';
export type Basis = 'exact' | 'documented' | 'measured' | 'assumed';
export type Combine = 'leaf' | 'sum' | 'peak';
export type FitOutcome = 'fits' | 'tight' | 'does_not_fit';
export type Limit = 'memory' | 'model';
export type AttentionImplementation = 'sdpa' | 'eager';
export type TrainingMethod = 'full' | 'lora' | 'qlora';
export type TrainingObjective = 'sft' | 'dpo' | 'grpo' | 'ppo' | 'distillation';
export type TrainingKernels = 'transformers' | 'liger' | 'transformer_engine' | 'compiled';
export type TrainingAttention = 'sdpa' | 'sdpa_math' | 'eager' | 'flash_attention_2';
export type RecomputeGranularity = 'none' | 'selective' | 'full';
export type RecomputeMethod = 'uniform' | 'block' | 'every' | 'every_n_layers';
export type RecomputeModule = 'core_attn' | 'mlp' | 'moe' | 'shared_experts' | 'layernorm' | 'moe_act' | 'mla_up_proj';
export type ActivationOffloading = 'none' | 'saved_tensors' | 'layer_inputs';
export type LossImplementation = 'transformers' | 'liger_fused_linear' | 'trl_fused_head' | 'chunked' | 'unsloth_fused' | 'cut_cross_entropy' | 'vocab_parallel';
export type KeptLogits = 'none' | 'output' | 'output_fp32';
export type ComputeDtype = 'fp32' | 'bf16' | 'fp16';
export type Role = 'embedding' | 'position_embedding' | 'attention_q' | 'attention_k' | 'attention_v' | 'attention_qkv' | 'attention_o' | 'attention_norm' | 'attention_sink' | 'latent_q_a' | 'latent_q_b' | 'latent_kv_a' | 'latent_kv_b' | 'mlp_gate' | 'mlp_up' | 'mlp_gate_up' | 'mlp_down' | 'router' | 'expert_gate' | 'expert_up' | 'expert_gate_up' | 'expert_down' | 'shared_expert_gate' | 'shared_expert_up' | 'shared_expert_down' | 'shared_expert_router' | 'norm' | 'mtp_projection' | 'lm_head' | 'buffer';
export type Apart = 'no' | 'mtp' | 'tied';
export type CheckpointKind = 'safetensors' | 'safetensors_index' | 'pytorch_index' | 'gguf';
export type DifferenceKind = 'missing' | 'extra' | 'other_shape' | 'other_count' | 'other_type';
export type FileSizeCause = 'headers' | 'prediction_layers' | 'tied_head' | 'other_tensors' | 'padding' | 'loading' | 'other_formats' | 'decompressed' | 'devices';

export interface CheckpointTensors {
  name?: string;
  type?: string;
  shape?: number[];
  count?: number;
  bytes?: number | null;
}
export interface CheckpointMetadata {
  key?: string;
  value?: string;
}
export interface CheckpointSummary {
  kind?: CheckpointKind;
  name?: string;
  files?: number;
  file_bytes?: number;
  read_bytes?: number;
  tensor_count?: number;
  tensor_bytes?: number | null;
  total_size?: number | null;
  metadata?: CheckpointMetadata[];
  tensors?: CheckpointTensors[];
}
export interface ModelChoice {
  preset?: string | null;
  config?: string | null;
  path?: string | null;
  parameter_count?: string | null;
  quantization_config?: string | null;
  checkpoint?: CheckpointSummary | null;
}
export interface InferenceWorkload {
  kind: 'inference';
  max_model_len?: number | null;
  max_num_seqs?: number;
  prompt_tokens?: number | null;
  kv_cache_dtype?: string | null;
  value_cache_dtype?: string | null;
  attention?: AttentionImplementation;
}
export interface OptimizerChoice {
  id?: string;
  implementation?: string | null;
  options?: string[];
  rank?: number | null;
  block_size?: number | null;
}
export interface LoraChoice {
  r?: number | null;
  target_modules?: string[] | null;
  target_parameters?: string[] | null;
  modules_to_save?: string[] | null;
  lora_dropout?: boolean | null;
  use_dora?: boolean | null;
  adapter_dtype?: ComputeDtype | null;
}
export interface FrozenChoice {
  modules?: string[] | null;
  first_layers?: number | null;
}
export interface TrainingWorkload {
  kind: 'training';
  method?: TrainingMethod;
  stack?: string | null;
  sequence_length?: number | null;
  micro_batch_size?: number | null;
  gradient_accumulation_steps?: number | null;
  objective?: TrainingObjective | null;
  precision?: string | null;
  optimizer?: OptimizerChoice | null;
  kernels?: TrainingKernels | null;
  attention?: TrainingAttention | null;
  recompute_granularity?: RecomputeGranularity | null;
  recompute_method?: RecomputeMethod | null;
  recompute_num_layers?: number | null;
  recompute_modules?: RecomputeModule[] | null;
  activation_offloading?: ActivationOffloading | null;
  loss?: LossImplementation | null;
  gradient_clipping?: boolean | null;
  optimizer_in_backward?: boolean | null;
  use_reentrant?: boolean | null;
  kept_logits?: KeptLogits | null;
  padded?: boolean | null;
  packing?: boolean | null;
  max_completion_length?: number | null;
  reward_model?: ModelChoice | null;
  teacher?: ModelChoice | null;
  lora?: LoraChoice | null;
  frozen?: FrozenChoice | null;
  enable_input_require_grads?: boolean | null;
}
export interface ParallelChoice {
  tensor_parallel_size?: number | null;
}
export interface DeviceChoice {
  gpu?: string;
  device_count?: number | null;
}
export interface Request {
  model?: ModelChoice;
  weight_format?: string | null;
  importance_matrix?: boolean | null;
  engine?: string;
  workload?: InferenceWorkload | TrainingWorkload;
  parallel?: ParallelChoice;
  device?: DeviceChoice | null;
}
export interface PlimsollError {
  code: ErrorCode;
  where: string;
  message: string;
  hint: string;
  message_zh: string;
  hint_zh: string;
}
export interface Notice {
  code: string;
  where: string;
  message: string;
  message_zh: string;
}
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
  low: number | null;
  high: number | null;
}
export interface Term {
  id: string;
  label: string;
  bytes: number;
  combine: Combine;
  formula: Formula | null;
  children: Term[];
}
export interface ByBasis {
  exact: number;
  documented: number;
  measured: number;
  assumed: number;
}
export interface LayerKind {
  kind: string;
  count: number;
  kv_elements_per_token: number;
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
export interface RankNeed {
  first_rank: number;
  count: number;
  needed_bytes: number;
}
export interface DeviceFacts {
  id: string;
  name: string;
  vendor: string;
  marketed_memory: string;
  device_count: number;
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
  limit: Limit;
  needed_bytes: number;
  limiting_term: string;
}
export interface Capacity {
  longest_context: Answer;
  most_sequences: Answer;
}
export interface StepMoment {
  id: string;
  allocated_bytes: number;
  first_step_bytes: number;
}
export interface LadderRung {
  method: TrainingMethod;
  needed_bytes: number;
  outcome: FitOutcome | null;
  segments: Segment[];
  request: Request;
}
export interface LaunchFile {
  program: string;
  name: string;
  text: string;
}
export interface TrainingReport {
  trained_parameter_count: number;
  frozen_parameter_count: number;
  allocated_bytes: number;
  reserved_bytes: number;
  device_bytes: number;
  host_bytes: number;
  standing_bytes: number;
  first_step_bytes: number;
  moments: StepMoment[];
  ladder: LadderRung[];
  launch: LaunchFile[];
}
export interface Change {
  id: string;
  value: string;
  needed_bytes: number;
  saved_bytes: number;
  outcome: FitOutcome;
  request: Request;
}
export interface RuleReason {
  code: string;
  bytes: number | null;
  term: string;
}
export interface RuleSide {
  id: string;
  layers_bytes: number;
  loss_bytes: number;
  kept_bytes: number;
  allocated_bytes: number;
  worst_moment: string;
}
export interface RuleSaving {
  layers_permille: number;
  kept_permille: number;
  allocated_permille: number;
}
export interface RuleComparison {
  rule: string;
  applies: boolean;
  rule_bytes: number;
  rule_high_bytes: number | null;
  exact_bytes: number | null;
  exact_high_bytes: number | null;
  rule_permille: number | null;
  rule_high_permille: number | null;
  exact_permille: number | null;
  worst_moment_permille: number | null;
  agrees: boolean;
  reasons: RuleReason[];
  left_out: RuleReason[];
  sides: RuleSide[];
  saving: RuleSaving | null;
}
export interface Report {
  version: string;
  catalog_date: string;
  request: Request;
  model: ModelSummary;
  needed_bytes: number;
  needed_low_bytes: number;
  needed_high_bytes: number;
  kv_cache_bytes: number;
  checkpoint_bytes: number;
  worst_moment: string;
  segments: Segment[];
  tree: Term;
  by_basis: ByBasis;
  ranks: RankNeed[];
  device: DeviceFacts | null;
  verdict: Verdict | null;
  capacity: Capacity | null;
  training: TrainingReport | null;
  advice: Change[];
  rules: RuleComparison[];
  notices: Notice[];
}
export interface Totals {
  needed_bytes: number;
  weights_bytes: number;
  allocated_bytes: number;
  kv_cache_bytes: number;
  worst_moment: string;
  outcome: FitOutcome | null;
}
export interface RankedDevice {
  gpu: string;
  device_count: number;
  usable_bytes: number;
  needed_bytes: number;
  headroom_bytes: number;
  outcome: FitOutcome;
  devices_needed: number | null;
}
export interface Ranking {
  rows: RankedDevice[];
}
export interface FormatMatrixRequest {
  request?: Request;
  weight_formats?: string[] | null;
  gpus?: string[];
}
export interface FormatCell {
  gpu: string;
  usable_bytes: number;
  longest_context: Answer;
  headroom_bytes: number;
  error: PlimsollError | null;
}
export interface FormatRow {
  weight_format: string | null;
  resolved: string;
  engine_loads: boolean | null;
  idealised: boolean;
  weights_bytes: number;
  checkpoint_bytes: number;
  millibits_per_parameter: number;
  saved_of_fp32_permille: number;
  saved_of_dtype_permille: number;
  claimed_permille: number | null;
  needed_bytes: number;
  kv_cache_bytes: number;
  saved_of_needed_permille: number;
  error: PlimsollError | null;
  cells: FormatCell[];
}
export interface FormatMatrix {
  parameter_count: number;
  dtype: string;
  rows: FormatRow[];
}
export interface FileSizeStep {
  cause: FileSizeCause;
  bytes: number;
}
export interface FileSize {
  read: boolean;
  file_bytes: number;
  published_bytes: number;
  steps: FileSizeStep[];
  weights_bytes: number;
  device_weights_bytes: number;
  device_count: number;
  kept_bytes: number;
  scales_bytes: number;
  tied_bytes: number;
  beside: Segment[];
  needed_bytes: number;
}
export interface RuleTableCell {
  label: string;
  format: string;
  rule_bytes: number;
  exact_bytes: number;
}
export interface RuleTrainingCell {
  label: string;
  recipe: string;
  allocated_bytes: number;
}
export interface RuleTable {
  cells: RuleTableCell[];
  sequence_length: number;
  training: RuleTrainingCell[];
}
export interface InspectedTensor {
  name: string;
  shape: number[];
  count: number;
  format: string;
  role: Role;
  apart: Apart | null;
}
export interface Inspection {
  model_type: string;
  family: string;
  parameter_count: number;
  active_parameter_count: number;
  mtp_parameter_count: number;
  tied_parameter_count: number;
  tensors: InspectedTensor[];
}
export interface TensorDifference {
  name: string;
  kind: DifferenceKind;
  expected: string;
  found: string;
}
export interface CheckpointInspection {
  checkpoint: CheckpointSummary;
  config: string | null;
  model: ModelSummary | null;
  model_bytes: number | null;
  stored_bytes: number | null;
  differences: TensorDifference[];
}
export interface CatalogInfo {
  date: string;
  gpus: number;
  models: number;
}
