// 其他损失实现与卸载所保留或占用的内容。

import type { Explained } from './en-terms.ts';

export const lossTerms: Record<string, Explained> = {
  'loss.softmax': { name: 'softmax', about: '对词表的 softmax，FP32。' },
  'loss.logits_chunk': { name: '一块的 logits', about: '每次只算少数位置的分数，完整矩阵从不存在。' },
  'loss.state_chunk': { name: '一块的隐藏状态', about: '当前正在计算 logits 的隐藏状态。' },
  'loss.head_copy': { name: '输出头的副本', about: '计算精度的输出头。' },
  'loss.head_gradient_chunk': { name: '一块的输出头梯度', about: '每块算完后累加到输出头的梯度上。' },
  'loss.head_gradient_fp32': { name: 'FP32 输出头梯度', about: '以全精度对各块求和。' },
  'loss.head_gradient_scaled': { name: '缩放后的输出头梯度', about: '乘以上层传来的梯度。' },
  'loss.state_gradient': { name: '隐藏状态的梯度', about: '与损失一并算出，为反向保留。' },
  'loss.state_gradient_scaled': { name: '缩放后的隐藏状态梯度', about: '乘以上层传来的梯度。' },
  'loss.token_losses': { name: '各 token 的损失', about: '每个位置一个 FP32 数。' },
  'loss.token_statistics': { name: '各 token 的统计量', about: '每个位置若干 FP32 数。' },
  'loss.counted': { name: '计入的位置', about: '标明哪些位置计入损失。' },
  'loss.locks': { name: '锁', about: '算子的各块轮流向同一梯度累加。' },
  'loss.word_averages': { name: '平均 logits', about: '词表中每个词一个 FP32 数。' },
  'loss.word_order': { name: '词表的顺序', about: '排序后可跳过没有权重的块。' },
  'saved.offload_buffer': { name: '卸载用的缓冲区', about: '层输入经由它移到主机内存再取回。' },
};
