// XModel.forward of the model files as far as the first layer; PEFT's Embedding and DoraEmbeddingLayer; enable_input_require_grads.
#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem embeddings = saved("saved.embeddings", "b_a * B * T * h", source::training);
constexpr LedgerItem position_ids = saved("saved.position_ids", "8 * T", source::training);
constexpr LedgerItem dropout_mask = saved("saved.embedding_dropout", "B * T * h");
constexpr LedgerItem adapter_inner = saved("saved.adapter_inner", "b_a * B * T * r", source::adapters);
constexpr LedgerItem inner_of_positions = saved("saved.adapter_inner", "b_a * T * r", source::adapters);
constexpr LedgerItem adapter_result = saved("saved.adapter_result", "b_a * B * T * h", source::magnitude);
constexpr LedgerItem result_of_positions = saved("saved.adapter_result", "b_a * T * h", source::magnitude);
constexpr LedgerItem base_result = saved("saved.adapter_base_result", "b_a * B * T * h", source::magnitude);
constexpr LedgerItem base_of_positions = saved("saved.adapter_base_result", "b_a * T * h", source::magnitude);
constexpr LedgerItem magnitude_vector = saved("saved.adapter_magnitude", "b_a * h", source::magnitude);
constexpr LedgerItem b_copy = saved("saved.weight_copy", "b_a * r * h", source::adapters);
constexpr LedgerItem factor_copy = saved("saved.embedding_factor", "b_a", source::adapters);

struct Lookup {
  Role role{};
  const LedgerItem &inner, &result, &base;
  bool scaled = false;  ///< the module multiplies by a factor, a buffer of its own type, and the adapter's result with it
};

/// A table that is looked up; a learned position's row serves every sequence.
Traced trace_lookup(Tape& tape, const Lookup& table) {
  const bool adapted = tape.adapts({table.role}), trained = tape.trains({table.role});
  const Traced base = tape.make(adapted ? table.base : embeddings, tape.pass().weight_bytes(), trained);
  if (!adapted) return base;
  const LoraSetting& lora = *tape.pass().lora;
  const auto bytes = static_cast<u8>(bytes_of(lora.adapter_dtype));
  const u8 product = tape.pass().autocast() ? u8{2} : bytes;
  tape.values[Symbol::r] = lora.rank;
  tape.keep(table.inner, product);
  if (product != bytes) tape.keep(b_copy, product);  // of a view, which autocast's cache does not hold
  if (lora.dora) {
    tape.keep(magnitude_vector, bytes);
    tape.keep(magnitude_vector, bytes);
    tape.keep(table.result, product);
    tape.save(base);
  }
  const u8 scaled_in = lora.dora ? bytes : product;
  if (table.scaled && scaled_in != base.bytes) tape.keep(factor_copy, scaled_in);
  return tape.make(embeddings, base.bytes, true);
}

}  // namespace

Stream trace_embeddings(Tape& tape, const ModelSpec& model) {
  Stream out;
  out.tensor = trace_lookup(tape, {Role::embedding, adapter_inner, adapter_result, base_result, model.embedding_multiplier_tensor});
  const bool asked = tape.pass().asks_input_gradient();
  if (asked && !out.tensor.gradient) {
    out.tensor.gradient = out.is_leaf = true;
    out.leaf = out.tensor;
  }
  if (!model.position_name.empty()) {
    const Traced places = trace_lookup(tape, {Role::position_embedding, inner_of_positions, result_of_positions, base_of_positions});
    if (places.gradient && !tape.pass().packed && !tape.pass().ppo()) tape.keep(position_ids, 8);
    out.replace(tape.make(embeddings, out.tensor.bytes, out.tensor.gradient || places.gradient));
  }
  if (model.embedding_multiplier && !model.embedding_multiplier_tensor) out.replace(tape.make(embeddings, out.tensor.bytes, out.tensor.gradient));
  if (model.embedding_dropout) out.replace(trace_dropout(tape, out.tensor, dropout_mask, embeddings));
  return out;
}

}  // namespace plimsoll
