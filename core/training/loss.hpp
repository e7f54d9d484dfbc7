#pragma once
/// What a loss holds, from the final normed state to the gradient of that state.

#include <initializer_list>
#include <vector>

#include "model/model_spec.hpp"
#include "report/term.hpp"
#include "training/tape.hpp"

namespace plimsoll {

/// When a storage of the loss is there. One storage may be there at several.
enum class During : u8 { forward = 1, kept = 2, backward = 4 };
constexpr u8 always = 7;

/// The node of a moment that a storage stands in.
enum class LossNode : u8 { activations, loss, head_gradient };

/// The loss that a pass takes: Megatron-LM's layers come with its own.
LossImplementation effective_loss(const TrainingPass& pass);

/// One loss over the final normed state [B * T, h].
///
/// Formula  by implementation, t = B * T tokens:
///          transformers         logits b t V, their fp32 copy and log-probabilities 4 t V each, then two gradients of 4 t V
///          liger_fused_linear   chunks of c tokens, c = next power of two of t / ceil(V / h): logits b c V, overwritten by their gradient; the
///                               gradients of the state and of a trained head are made in forward and kept
///          trl_fused_head       tiles of 4096 tokens and 32768 words, made again in backward, whose gradients are summed in fp32
///          chunked              torchtune: 8 chunks; the fp32 log-probabilities of all are kept, logits are those of one
///          unsloth_fused        chunks whose fp32 logits fit 4 GiB, gradients made in forward and scaled into copies in backward
///          vocab_parallel       Megatron-LM: logits b t V and their fp32 copy, which becomes the softmax and then its gradient in place
///          Of other objectives, R rows of T tokens, b = 4 where a trainer casts autocast's output:
///          dpo                  logits of both models b R T V each, log-probabilities, a copy for the entropy and three chunks of 128 tokens
///          grpo                 the same of generated tokens alone, without a reference
///          ppo                  logits b R T V, held until the optimizer has stepped, with the log-probabilities of C generated tokens; in backward
///                               two gradients of either size. Its value model's head keeps its input alone
///          distillation         logits of both models and the divergence's tensors, 15, 7 and 12 of b R (T - 1) V
///          cut_cross_entropy    no logits at all: the log-sum of each token is kept, kernels compute the rest
/// Units    bytes
/// Assumes  every label counts; numbers of single tokens are left out of other objectives; a fused kernel's own workspace is not memory of its own
/// Source   transformers-training, liger-fused-linear, trl-fused-head, torchtune-chunked, unsloth-fused-loss,
///          cut-cross-entropy, megatron-core, trl-dpo, trl-grpo, trl-ppo, trl-gkd
/// Tested   tests/core/loss_test.cpp, against the functions themselves run with their kernels replaced by nothing
class LossTrace {
 public:
  LossTrace(const ModelSpec& model, const TrainingPass& pass, const Values& values);

  /// Adds the leaves of one node that are there during a part of the step.
  void add(TermTree& tree, During when, LossNode node) const;
  [[nodiscard]] bool any(During when, LossNode node) const;
  [[nodiscard]] bool overflowed() const { return overflowed_; }

 private:
  struct Line {
    const LedgerItem* item = nullptr;
    Values values;
    u8 during = 0;
    LossNode node{};
  };
  /// A line with elements of `bytes`.
  void put(const LedgerItem& item, u8 during, u64 bytes, LossNode node = LossNode::loss, u64 count = 1);
  [[nodiscard]] u64 size(const LedgerItem& item, u64 count, u64 bytes) const;
  struct Held {
    const LedgerItem& item;
    u64 count = 1;  ///< the symbol n
    u64 bytes = 4;  ///< of an element
    LossNode node = LossNode::loss;
  };
  /// Puts what is held at the highest of several instants of one part of the step.
  void highest(During when, std::initializer_list<std::initializer_list<Held>> instants);

  void transformers();
  void liger_fused_linear();
  void trl_fused_head();
  void chunked();
  void unsloth_fused();
  void cut_cross_entropy();
  void vocab_parallel();
  void preference();
  void group_policy();
  void proximal_policy();
  void scores();
  void distillation();
  void head_of_objective(const LedgerItem& state);
  /// Single numbers: the loss, its count and its gradient.
  void numbers(u64 in_forward, u64 in_kept, u64 in_backward);
  void shifted_labels(u8 during);
  void normed_state(bool saved);
  [[nodiscard]] bool trains_head() const { return pass_.training_outside().trains({Role::lm_head}); }

  const ModelSpec& model_;
  const TrainingPass& pass_;
  Values values_;
  std::vector<Line> lines_;
  mutable bool overflowed_ = false;
};

}  // namespace plimsoll
