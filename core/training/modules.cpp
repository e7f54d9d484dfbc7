// PEFT: check_target_module_exists, _inject_parameters, _set_trainable.
#include "training/modules.hpp"

#include <algorithm>

#include "messages.hpp"

namespace plimsoll {
namespace {

bool is_embedding(Role role) { return role == Role::embedding || role == Role::position_embedding; }
bool is_expert(Role role) { return role == Role::expert_gate || role == Role::expert_up || role == Role::expert_gate_up || role == Role::expert_down; }

ModuleKind kind_of(Role role) {
  if (is_embedding(role)) return ModuleKind::embedding;
  if (role == Role::norm || role == Role::attention_norm) return ModuleKind::norm;
  if (role == Role::router || is_expert(role)) return ModuleKind::parameter;
  return role == Role::attention_sink ? ModuleKind::vector : ModuleKind::linear;
}

Role part_role(Role role) { return role == Role::expert_gate || role == Role::expert_up ? Role::expert_gate_up : role; }

std::string joined(std::string_view a, std::string_view b, std::string_view c = {}) {
  std::string path;
  for (const std::string_view piece : {a, b, c}) {
    if (piece.empty()) continue;
    if (!path.empty()) path += '.';
    path += piece;
  }
  return path;
}

/// Whether a tensor stands for its module: not a bias, not the second of two that are one in memory.
bool stands_for_module(const Tensor& tensor) {
  if (tensor.apart == Apart::mtp || tensor.role == Role::buffer || tensor.role == Role::expert_up || tensor.suffix == ".bias") return false;
  return !(tensor.stacked != 0 && tensor.rank == 2);
}

/// Transformers' name of a tensor's block.
std::string_view block_of(const Tensor& tensor, const ModelSpec& model) {
  if (!tensor.in_layer()) return tensor.block;
  const auto& feed_forward = model.stacks[tensor.stack_index].kinds[tensor.kind].feed_forward;
  const auto* experts = std::get_if<MixtureOfExperts>(&feed_forward.kind);
  return experts != nullptr && tensor.block == feed_forward.name && !experts->names->module.empty() ? experts->names->module : tensor.block;
}

ModelModule module_of(const Tensor& tensor, Part part, std::string_view block) {
  ModelModule module{.tensor = &tensor, .kind = kind_of(tensor.role), .part = part};
  if (is_expert(tensor.role)) {
    module.path = joined(block, tensor.expert);
    module.parameter = part.role == Role::expert_down ? "down_proj" : "gate_up_proj";
  } else if (module.kind == ModuleKind::vector) {
    module.path = std::string(block);
    module.parameter = tensor.part;
  } else {
    module.path = tensor.role == Role::lm_head ? "lm_head" : joined(block, tensor.expert, tensor.part);
    if (module.kind == ModuleKind::parameter) module.parameter = "weight";
  }
  return module;
}

bool ends_with_word(std::string_view name, std::string_view word, bool at_dot) {
  if (!name.ends_with(word)) return false;
  return !at_dot || name.size() == word.size() || name[name.size() - word.size() - 1] == '.';
}

/// One name that a word may be compared with, in every layer of a kind or in single ones.
struct Search {
  const ModelSpec& model;
  std::string_view word;
  bool at_dot;
  PartsByLayer& found;

  bool outside(std::string_view name, Part part) {
    if (!ends_with_word(name, word, at_dot)) return false;
    found.outside.add(part);
    return true;
  }
  bool in_layers(const Tensor& tensor, std::string_view name, Part part) {
    if (!name.empty() && ends_with_word(name, word, at_dot)) {
      found.every.add(part);
      return true;
    }
    if (word.size() <= name.size() || !word.ends_with(name)) return false;
    const Stack& stack = model.stacks[tensor.stack_index];
    bool any = false;
    for (u32 layer = 0; layer < stack.kind_of_layer.size(); ++layer) {
      if (stack.kind_of_layer[layer] != tensor.kind) continue;
      if (!ends_with_word(joined(stack.prefix, digits(stack.first_index + layer), name), word, at_dot)) continue;
      found.add(layer, part);
      any = true;
    }
    return any;
  }
  bool name(const ModelModule& module, std::string_view name) {
    return module.tensor->in_layer() ? in_layers(*module.tensor, name, module.part) : outside(name, module.part);
  }
};

/// The module's name, then those around it, the layer last.
template <class Each>
bool any_around(const ModelModule& module, Each each) {
  bool any = false;
  std::string_view name = module.path;
  for (;;) {
    any = each(name) || any;
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) break;
    name = name.substr(0, dot);
  }
  return (module.tensor->in_layer() && each(std::string_view())) || any;
}

}  // namespace

std::string_view ModelModule::leaf() const {
  const std::string_view name = kind == ModuleKind::parameter && parameter != "weight" ? parameter : std::string_view(path);
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::vector<Part> parts_of(const TensorInventory& inventory) {
  std::vector<Part> parts;
  parts.reserve(inventory.tensors.size());
  u8 norms = 0, inner_norms = 0;
  const Tensor* before = nullptr;
  for (const Tensor& tensor : inventory.tensors) {
    if (before == nullptr || before->stack_index != tensor.stack_index || before->kind != tensor.kind || before->in_layer() != tensor.in_layer())
      norms = inner_norms = 0;
    before = &tensor;
    Part part{part_role(tensor.role), 0};
    if (tensor.role == Role::norm || tensor.role == Role::attention_norm) {
      u8& seen = tensor.role == Role::norm ? norms : inner_norms;
      seen = static_cast<u8>(seen + (tensor.suffix == ".bias" ? 0 : 1));
      part.ordinal = static_cast<u8>(seen - 1);
    }
    parts.push_back(part);
  }
  return parts;
}

std::vector<ModelModule> modules_of(const TensorInventory& inventory, const ModelSpec& model) {
  const std::vector<Part> parts = parts_of(inventory);
  std::vector<ModelModule> modules;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (stands_for_module(inventory.tensors[i])) modules.push_back(module_of(inventory.tensors[i], parts[i], block_of(inventory.tensors[i], model)));
  return modules;
}

u64 layers_with(const PartsByLayer& parts, const ModelSpec& model, const Tensor& tensor, Part part) {
  if (!tensor.in_layer()) return parts.outside.has(part) ? 1 : 0;
  if (tensor.stack_index != 0) return 0;
  if (parts.every.has(part)) return tensor.layers;
  u64 count = 0;
  if (parts.single.empty()) return 0;
  const std::vector<u16>& kinds = model.decoder().kind_of_layer;
  for (std::size_t layer = 0; layer < kinds.size(); ++layer) count += kinds[layer] == tensor.kind && parts.of_layer(layer).has(part) ? 1 : 0;
  return count;
}

bool find_modules(const std::vector<ModelModule>& modules, const ModelSpec& model, std::string_view word, Naming naming, PartsByLayer& found) {
  Search search{model, word, naming != Naming::ending, found};
  bool any = false;
  for (const ModelModule& module : modules) {
    switch (naming) {
      case Naming::module:
        if (module.kind == ModuleKind::linear || module.kind == ModuleKind::embedding) any = search.name(module, module.path) || any;
        break;
      case Naming::parameter:
        if (module.kind == ModuleKind::parameter) any = search.name(module, joined(module.path, module.parameter)) || any;
        break;
      case Naming::ending:
      case Naming::inside: any = any_around(module, [&](std::string_view name) { return search.name(module, name); }) || any; break;
    }
  }
  return any;
}

}  // namespace plimsoll
