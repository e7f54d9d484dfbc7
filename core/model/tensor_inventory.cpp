#include "model/tensor_inventory.hpp"

#include "model/block_tensors.hpp"

namespace plimsoll {
namespace {

void add_layers(std::vector<Tensor>& out, const ModelSpec& model, std::size_t stack_index) {
  const Stack& stack = model.stacks[stack_index];
  for (std::size_t kind = 0; kind < stack.kinds.size(); ++kind) {
    const std::size_t first = out.size();
    TensorSink sink(out);
    list_layer(sink, stack.kinds[kind], model.hidden_size);
    if (stack.apart == Apart::mtp) list_mtp_module(sink, model);
    const u32 layers = static_cast<u32>(stack.count_of(kind));
    for (std::size_t i = first; i < out.size(); ++i) {
      out[i].stack = stack.prefix;
      out[i].stack_index = static_cast<u16>(stack_index);
      out[i].kind = static_cast<u16>(kind);
      out[i].layers = layers;
      out[i].apart = stack.apart;
    }
  }
}

void count(TensorInventory& inventory, const ModelSpec& model) {
  Checked total, active, mtp, tied, buffers;
  for (const Tensor& tensor : inventory.tensors) {
    const Checked all = tensor.elements() * tensor.count();
    if (tensor.role == Role::buffer) {
      if (tensor.apart == Apart::no) buffers = buffers + all;
    } else if (tensor.apart == Apart::mtp) {
      mtp = mtp + all;
    } else if (tensor.apart == Apart::tied) {
      tied = tied + all;
    } else {
      total = total + all;
      active = active + (tensor.routed ? all / num_experts_of(model, tensor) * experts_per_token_of(model, tensor) : all);
    }
  }
  inventory.parameter_count = total.value;
  inventory.active_parameter_count = active.value;
  inventory.mtp_parameter_count = mtp.value;
  inventory.tied_parameter_count = tied.value;
  inventory.buffer_elements = buffers.value;
  inventory.overflowed = total.overflowed || active.overflowed || mtp.overflowed || tied.overflowed || buffers.overflowed;
}

}  // namespace

Checked Tensor::elements() const {
  Checked product = 1;
  for (u8 axis = 0; axis < rank; ++axis) product = product * u64{shape[axis]};
  return product;
}

std::string starred_name(const Tensor& tensor) {
  std::string name(tensor.stack);
  if (tensor.in_layer()) name += ".*";
  for (const std::string_view piece : {tensor.block, tensor.expert}) {
    if (piece.empty()) continue;
    if (!name.empty()) name += '.';
    name += piece;
  }
  if (tensor.experts > 1 || (tensor.routed && tensor.stacked == 0)) name += ".*";
  if (!tensor.part.empty()) {
    if (!name.empty()) name += '.';
    name += tensor.part;
  }
  name += tensor.suffix;
  return name;
}

TensorInventory inventory_of(const ModelSpec& model) {
  TensorInventory inventory;
  TensorSink sink(inventory.tensors);
  sink.matrix({.block = model.embedding_name, .out = model.vocab_size, .in = model.hidden_size, .role = Role::embedding, .cut = Cut::out, .parameter = true});
  if (model.position_rows > 0)
    sink.matrix({.block = model.position_name, .out = model.position_rows, .in = model.hidden_size, .role = Role::position_embedding, .parameter = true});
  for (std::size_t stack = 0; stack < model.stacks.size(); ++stack) add_layers(inventory.tensors, model, stack);
  list_norm(sink, {}, model.final_norm, Role::norm);
  const u32 head_rows = model.head_outputs != 0 ? model.head_outputs : model.vocab_size;
  sink.matrix({.block = model.head_name, .out = head_rows, .in = model.hidden_size, .role = Role::lm_head, .cut = Cut::out, .bias = model.head_bias});
  if (model.tie_word_embeddings) inventory.tensors.back().apart = Apart::tied;
  count(inventory, model);
  return inventory;
}

}  // namespace plimsoll
