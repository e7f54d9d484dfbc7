// What other implementations of the loss, and offloading, keep or hold.

import type { Explained } from './en-terms.ts';

export const lossTerms: Record<string, Explained> = {
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
  'saved.offload_buffer': { name: 'Buffer of the offloaded inputs', about: 'Layer inputs pass through it on their way to main memory and back.' },
};
