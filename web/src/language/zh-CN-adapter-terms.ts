// 低秩适配器给模型增加的内容，以及它们在一步训练中保留的内容。

import type { Explained } from './en-terms.ts';

export const adapterTerms: Record<string, Explained> = {
  adapters: { name: '适配器', about: '冻结矩阵旁的小型可训练矩阵，以及整体训练的模块的副本。' },
  'adapters.lora_A': { name: '矩阵 A', about: '从模块输入到秩。' },
  'adapters.lora_B': { name: '矩阵 B', about: '从秩到模块输出。' },
  'adapters.magnitude': { name: '幅度', about: 'DoRA 为每个输出保存的一个数。' },
  'adapters.modules_to_save': { name: '整体训练的模块', about: '参与训练的副本；冻结的原模块仍计入权重。' },
};
