// What fused kernels, other implementations of the loss, and offloading keep or hold.

import type { Explained } from './en-terms.ts';

export const kernelTerms: Record<string, Explained> = {
  'buffers.position_ids': { name: 'Position ids', about: 'One 8-byte integer per position, part of the batch.' },
  'buffers.loss_mask': { name: 'Loss mask', about: 'Which positions count for the loss, in FP32.' },
  'loss.probabilities': { name: 'Probabilities', about: 'The softmax over the vocabulary in FP32, written over the logits.' },
  'loss.row_values': { name: 'Values of each row', about: 'Maximum, sum and predicted logit of each position.' },
  'loss.targets': { name: 'Targets', about: 'The token to predict at each position, and whether it lies in this part of the vocabulary.' },
  'loss.softmax': { name: 'Softmax', about: 'Over the vocabulary, in FP32.' },
  'loss.logits_chunk': { name: 'Logits of a chunk', about: 'Scores of a few positions at a time; the full matrix never exists.' },
  'loss.state_chunk': { name: 'States of a chunk', about: 'The hidden states whose logits are computed now.' },
  'loss.head_copy': { name: 'Copy of the head', about: 'The output head in the type of the computation.' },
  'loss.head_gradient_chunk': { name: 'Head’s gradient of a chunk', about: 'Added to the gradient of the head as each chunk is done.' },
  'loss.head_gradient_fp32': { name: 'Head’s gradient in FP32', about: 'Summed over the chunks in full precision.' },
  'loss.head_gradient_scaled': { name: 'Scaled gradient of the head', about: 'Times the gradient that arrives from above.' },
  'loss.state_gradient': { name: 'Gradient of the states', about: 'Computed with the loss and kept for backward.' },
  'loss.state_gradient_scaled': { name: 'Scaled gradient of the states', about: 'Times the gradient that arrives from above.' },
  'loss.token_losses': { name: 'Loss of each token', about: 'One FP32 number per position.' },
  'loss.token_statistics': { name: 'Statistics of each token', about: 'A few FP32 numbers per position.' },
  'loss.counted': { name: 'Counted positions', about: 'Which positions count for the loss.' },
  'loss.locks': { name: 'Locks', about: 'Blocks of a kernel take turns in adding to one gradient.' },
  'loss.word_averages': { name: 'Average logits', about: 'One FP32 number per entry of the vocabulary.' },
  'loss.word_order': { name: 'Order of the vocabulary', about: 'Entries sorted so that blocks without weight can be skipped.' },
  'saved.routing_map': { name: 'Routing map', about: 'Which token goes to which expert, one byte for each pair.' },
  'saved.values_padded': { name: 'Padded values', about: 'Value width widened to that of the keys.' },
  'saved.expert_tiles': { name: 'Tiles of the experts', about: 'How a fused kernel divides the routed tokens.' },
  'saved.scores': { name: 'Attention scores', about: 'One score for every pair of tokens and head.' },
  'saved.softmax_rows': { name: 'Maxima and sums of the softmax', about: 'Two FP32 numbers per query, from which the rest is computed again.' },
  'saved.offload_buffer': { name: 'Buffer of the offloaded inputs', about: 'Layer inputs pass through it on their way to main memory and back.' },
};
