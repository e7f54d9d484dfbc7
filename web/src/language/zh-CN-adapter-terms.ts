// 低秩适配器给模型增加的内容，以及它们在一步训练中保留的内容。

import type { Explained } from './en-terms.ts';

export const adapterTerms: Record<string, Explained> = {
  adapters: { name: '适配器', about: '冻结矩阵旁的小型可训练矩阵，以及整体训练的模块的副本。' },
  'adapters.lora_A': { name: '矩阵 A', about: '从模块输入到秩。' },
  'adapters.lora_B': { name: '矩阵 B', about: '从秩到模块输出。' },
  'adapters.magnitude': { name: '幅度', about: 'DoRA 为每个输出保存的一个数。' },
  'adapters.modules_to_save': { name: '整体训练的模块', about: '参与训练的副本；冻结的原模块仍计入权重。' },
  'saved.adapter_magnitude': { name: '幅度与范数', about: 'DoRA 对每个输出的缩放，以及计算它所用的量。' },
  'saved.adapter_result': { name: '适配器的结果', about: 'DoRA 对其缩放，因此两者都要保留。' },
  'saved.adapter_base_result': { name: '冻结矩阵的结果', about: 'DoRA 也对其缩放；启用 dropout 时以适配器的精度重新计算。' },
  'saved.adapter_base_weight': { name: '适配器精度的权重', about: '启用 dropout 时，DoRA 以适配器的精度再次乘以冻结的权重。' },
  'saved.adapter_copy': { name: '基座精度的适配器', about: '两个矩阵先转换精度，再加到专家权重上。' },
  'saved.adapter_merged_weight': { name: '加上适配器的权重', about: '由模块自行相乘的参数：适配器加到其上，并保留二者之和。' },
  'saved.embedding_factor': { name: '嵌入系数', about: '该模型的嵌入所乘的一个数，以适配器的精度保存。' },
};
