// A setting of layouts.json, as the quantization_config that asks for it, and which tensors its example has on the device.

const found = (pattern, text, otherwise) => pattern.exec(text)?.[1] ?? otherwise;
const whole = (pattern, text, otherwise) => { const word = found(pattern, text); return word === undefined || word === 'None' ? otherwise : Number(word); };

function compressedTensors(setting) {
  const [format] = setting.split(' ');
  const group = whole(/group=(\d+)/, setting);
  const floating = /FP/.test(setting);
  const bits = floating ? whole(/(?:MXFP|NVFP)(\d)/, setting, 8) : whole(/W(\d)A/, setting);
  const strategy = /NVFP4/.test(setting) ? 'tensor_group' : /per-tensor/.test(setting) ? 'tensor' : /BLOCK/.test(setting) ? 'block' : group || /MXFP/.test(setting) ? 'group' : 'channel';
  const weights = { num_bits: bits, type: floating ? 'float' : 'int', strategy, symmetric: !/sym=False/.test(setting), actorder: found(/actorder=(\w+)/, setting, null) };
  if (strategy === 'tensor_group') weights.group_size = 16;
  if (strategy === 'group') weights.group_size = group ?? 32;
  if (strategy === 'block') weights.block_structure = [128, 128];
  const inputs = /static act/.test(setting) ? { dynamic: false, num_bits: 8 } : /W4A4/.test(setting) ? { dynamic: 'local', num_bits: 4 } : /A8|DYNAMIC|MXFP4$|MXFP8$/.test(setting) ? { dynamic: true, num_bits: 8 } : null;
  return { quant_method: 'compressed-tensors', format, ignore: ['lm_head'], config_groups: { group_0: { targets: ['Linear'], weights, input_activations: inputs } } };
}

const algorithms = {
  NVFP4_DEFAULT_CFG: 'NVFP4', W4A16_NVFP4_CFG: 'W4A16_NVFP4', FP8_DEFAULT_CFG: 'FP8', FP8_PER_CHANNEL_PER_TOKEN_CFG: 'FP8_PER_CHANNEL_PER_TOKEN',
  FP8_2D_BLOCKWISE_WEIGHT_ONLY_CFG: 'FP8_PB_WO', INT4_AWQ_CFG: 'INT4_AWQ', INT4_BLOCKWISE_WEIGHT_ONLY_CFG: 'INT4_AWQ', INT8_DEFAULT_CFG: 'INT8_SQ', INT8_SMOOTHQUANT_CFG: 'INT8_SQ',
  W4A8_AWQ_BETA_CFG: 'W4A8_AWQ', MXFP4_DEFAULT_CFG: 'MXFP4', MXFP8_DEFAULT_CFG: 'MXFP8', W4A8_MXFP4_FP8_CFG: 'W4A8_MXFP4_FP8',
};

function torchao(setting) {
  const type = setting.split(' ')[0];
  const group = whole(/group=(\d+)/, setting) ?? whole(/g(\d+)$/, setting);
  const perGroup = group && { _type: 'PerGroup', _data: { group_size: group } };
  const data = {
    Int4WeightOnlyConfig: { group_size: group, int4_packing_format: found(/packing=(\w+)/, setting) },
    IntxWeightOnlyConfig: { granularity: perGroup ?? { _type: 'PerAxis', _data: { axis: 0 } } },
    Int8DynamicActivationIntxWeightConfig: {},
    Float8DynamicActivationFloat8WeightConfig: /PerRow/.test(setting) ? { granularity: [{ _type: 'PerRow' }, { _type: 'PerRow' }] } : {},
  }[type] ?? {};
  return { quant_method: 'torchao', quant_type: { default: { _type: type, _data: data } } };
}

const methods = {
  bitsandbytes_4bit: (_, { quant_type, double_quant }) => ({ quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_quant_type: quant_type, bnb_4bit_use_double_quant: double_quant }),
  bitsandbytes_8bit: () => ({ quant_method: 'bitsandbytes', load_in_8bit: true }),
  'compressed-tensors': compressedTensors,
  gptq: (_, { bits, group_size, desc_act, sym }) => ({ quant_method: 'gptq', bits, group_size, desc_act, sym }),
  awq: (setting, { bits, group_size }) => ({ quant_method: 'awq', bits, group_size, zero_point: true, version: /gemv_fast|GEMVFast/i.test(setting) ? 'gemv_fast' : /gemv/i.test(setting) ? 'gemv' : 'gemm' }),
  hqq: (_, { nbits, group_size, axis }) => ({ quant_method: 'hqq', quant_config: { weight_quant_params: { nbits, group_size, axis } } }),
  aqlm: setting => ({
    quant_method: 'aqlm', num_codebooks: whole(/codebooks=(\d+)/, setting), nbits_per_codebook: whole(/ bits=(\d+)/, setting),
    in_group_size: whole(/in_group=(\d+)/, setting), out_group_size: whole(/out_group=(\d+)/, setting),
  }),
  fp_quant: setting => ({ quant_method: 'fp_quant', forward_dtype: setting.split(' ')[0], hadamard_group_size: 128 }),
  'auto-round': setting => ({ quant_method: 'auto-round', bits: whole(/bits=(\d+)/, setting), group_size: whole(/group=(-?\d+)/, setting), packing_format: 'auto_round:auto_gptq' }),
  mlx: (setting, { bits, group_size, mode }) => ({ quant_method: 'mlx', bits: bits ?? whole(/bits=(\d+)/, setting), group_size: group_size ?? whole(/group=(\d+)/, setting), ...(mode && mode !== 'affine' ? { mode } : {}) }),
  modelopt: setting => (algorithms[setting] ? { quant_method: 'modelopt', quant_algo: algorithms[setting] } : null),
  quanto: (_, { weights }) => ({ quant_method: 'quanto', weights }),
  torchao,
  fp8: (setting, { block, activation, scale_fmt }) => ({
    quant_method: 'fp8', weight_block_size: block ?? null, activation_scheme: activation ?? 'dynamic', scale_fmt: scale_fmt ?? found(/scale_fmt=(\w+)/, setting),
    expert_dtype: found(/expert_dtype=(\w+)/, setting),
  }),
  fbgemm_fp8: () => ({ quant_method: 'fbgemm_fp8' }),
  eetq: () => ({ quant_method: 'eetq', weights: 'int8' }),
  bitnet: setting => ({ quant_method: 'bitnet', linear_class: /Auto/.test(setting) ? 'autobitlinear' : 'bitlinear', quantization_mode: /online/.test(setting) ? 'online' : 'offline' }),
  higgs: setting => ({ quant_method: 'higgs', bits: whole(/bits=(\d+)/, setting), group_size: whole(/group=(\d+)/, setting) }),
  metal: setting => ({ quant_method: 'metal', bits: whole(/bits=(\d+)/, setting), group_size: whole(/group=(\d+)/, setting) }),
};

methods.gemma = setting => ({ quant_method: 'gemma', num_bits: whole(/bits=(\d)/, setting), quantize_embeddings: true });

methods.mxfp4 = () => ({ quant_method: 'mxfp4' });

methods.vptq = (setting, _, example) => {
  const outliers = whole(/outlier_size=(\d+)/, setting);
  const pair = name => JSON.parse(found(new RegExp(`\\b${name}=\\(([^)]*)\\)`), setting).replace(/^/, '[').replace(/$/, ']'));
  const layer = { vector_lens: pair('vector_lens'), num_centroids: pair('num_centroids'), num_res_centroids: pair('num_res_centroids'), outlier_size: outliers, group_size: example.in - outliers };
  return { quant_method: 'vptq', config_for_layers: { 'model.layers.0.mlp.gate_proj': layer } };
};

/** Tensors that a method's module has when it is built, and drops when it is loaded. */
const dropped = { fp_quant: ['weight', 'dqweight'] };

const kindOf = ({ setting, method }) => (method === 'mxfp4' ? 'gpt_oss' : /Experts/.test(setting) ? 'experts' : /Embedding/.test(setting) ? 'embedding' : 'linear');

/** The type that a module's own tensors show; only these have one. */
function dtypeOf(entry, memory) {
  const ofModel = ['bias', 'scale', 'meta.scale', 'scales', 'weight_scale', 'weight._scale', 'weight.scale', 'weight.scale_and_zero', 'weight_global_scale', 'weight', 'quant_state'];
  const shown = memory.find(([name, , dtype]) => ofModel.includes(name) && ['bfloat16', 'float16'].includes(dtype));
  if (entry.method.startsWith('bitsandbytes')) return 'float16';
  if (entry.method === 'mlx') return memory.find(([name]) => name === 'scales')?.[2] === 'float32' ? 'float32' : 'bfloat16';
  return shown?.[2] ?? 'bfloat16';
}

export function settingOf(entry, example) {
  if (example.error) return { reason: 'the library refuses this shape' };
  const listed = example.memory ?? example.checkpoint;
  const quantization = methods[entry.method]?.(entry.setting, entry.parameters ?? {}, example);
  if (!quantization) return { reason: `${entry.method}: setting not covered` };
  if (kindOf(entry) === 'embedding' && entry.method === 'fp8') return { reason: 'an embedding that no config of a covered family asks for' };
  // the placeholder has no scales yet: they come from the checkpoint's side
  const scales = Object.entries(example.checkpoint_formula ?? {}).filter(([name]) => name.endsWith('_scales')).map(([name, shape]) => [name, shape, 'uint8']);
  const memory = [...listed, ...scales].filter(([name]) => !(dropped[entry.method] ?? []).includes(name));
  return { quantization, memory, kind: kindOf(entry), dtype: dtypeOf(entry, memory) };
}
