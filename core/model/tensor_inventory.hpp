#pragma once
/// Every tensor of a model: its checkpoint name, shape, role and how often it occurs. The source of every count.
/// Equal layers are held once, so a model of a hundred layers costs what its distinct layers cost.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "model/model_spec.hpp"
#include "units.hpp"

namespace plimsoll {

/// How tensor parallelism cuts a matrix, as Megatron-LM and vLLM do it.
enum class Cut : u8 {
  whole,      ///< every rank holds all of it: norms, routers, low-rank down-projections, biases added after the sum
  out,        ///< output rows: q, gate, up, embedding, head, and their biases
  in,         ///< input columns: o, down
  kv_heads,   ///< output rows by key/value heads; a head is repeated where ranks exceed heads
  qkv_heads,  ///< a fused q, k, v matrix: query rows by heads, key and value rows as kv_heads
};

/// One tensor of one distinct layer (or of no layer), with the number of layers and experts that have it.
struct Tensor {
  std::string_view stack{};              ///< prefix before the layer number; empty outside layers
  std::string_view block{}, expert{}, part{}, suffix{};  ///< "mlp", "experts", "gate_proj", ".weight"; empty pieces are left out
  std::array<u32, 3> shape{};
  u8 rank = 0;
  u8 stacked = 0;                      ///< 1 when shape[0] counts experts held in one tensor
  Role role{};
  Cut cut = Cut::whole;
  u8 out_axis = 0;                     ///< axis of the output dimension: GPT-2 and gpt-oss store [in, out]
  Apart apart = Apart::no;
  u16 stack_index = 0, kind = 0;       ///< which distinct layer; meaningless outside layers
  u32 layers = 1;                      ///< layers that have it
  u32 experts = 1;                     ///< copies in a layer: experts stored one by one
  bool routed = false;                 ///< belongs to a routed expert: a token uses num_experts_per_tok of num_experts
  bool linear = false;                 ///< the weight of an nn.Linear of Transformers' class, or of GPT-2's Conv1D

  [[nodiscard]] bool in_layer() const { return !stack.empty(); }
  [[nodiscard]] u64 count() const { return u64{layers} * experts; }
  [[nodiscard]] Checked elements() const;  ///< of one copy
};

/// "model.layers.*.mlp.experts.*.gate_proj.weight": every number between dots is a star.
std::string starred_name(const Tensor& tensor);

struct TensorInventory {
  std::vector<Tensor> tensors;
  u64 parameter_count = 0;         ///< that run, a tied head once, buffers left out
  u64 active_parameter_count = 0;  ///< that one token uses
  u64 mtp_parameter_count = 0;     ///< of multi-token prediction layers, apart
  u64 tied_parameter_count = 0;    ///< of a head that repeats the embedding, apart
  u64 buffer_elements = 0;         ///< saved, but not trained
  bool overflowed = false;
};

/// Lists the tensors of a model.
///
/// Shapes   as the checkpoint stores them
/// Formula  active = parameters - routed + routed * num_experts_per_tok / num_experts
/// Errors   none; `overflowed` is set when a count exceeds 2^64
/// Tested   tests/core/inventory_test.cpp, and by conformance against transformers' own modules
TensorInventory inventory_of(const ModelSpec& model);

}  // namespace plimsoll
