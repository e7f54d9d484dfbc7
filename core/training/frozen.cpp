// nn.Module.requires_grad_ of torch; names as PEFT's modules_to_save finds them.
#include "training/frozen.hpp"

#include <algorithm>

#include "messages.hpp"
#include "training/modules.hpp"

namespace plimsoll {
namespace {

std::string names_of(const std::vector<ModelModule>& modules) {
  std::vector<std::string_view> names;
  std::string list;
  for (const ModelModule& module : modules) {
    if (module.kind == ModuleKind::vector || std::find(names.begin(), names.end(), module.leaf()) != names.end()) continue;
    names.push_back(module.leaf());
    list += (list.empty() ? "" : ", ") + std::string(module.leaf());
  }
  return list;
}

bool in_decoder(const Tensor& tensor) { return tensor.in_layer() && tensor.stack_index == 0; }

/// One parameter under two names; a model without learned positions has none to train.
void freeze_with_embedding(PartsByLayer& frozen, const ModelSpec& model) {
  if (model.tie_word_embeddings && (frozen.outside.has({Role::embedding}) || frozen.outside.has({Role::lm_head}))) {
    frozen.outside.add({Role::embedding});
    frozen.outside.add({Role::lm_head});
  }
  if (model.position_name.empty()) frozen.outside.add({Role::position_embedding});
}

bool trains_outside(const PartsByLayer& frozen, const std::vector<ModelModule>& modules) {
  return std::any_of(modules.begin(), modules.end(), [&](const ModelModule& m) { return !m.tensor->in_layer() && !frozen.outside.has(m.part); });
}

}  // namespace

std::optional<u64> first_trained_layer(const PartsByLayer& frozen, const ModelSpec& model, const TensorInventory& inventory) {
  const std::vector<Part> parts = parts_of(inventory);
  const std::vector<u16>& kinds = model.decoder().kind_of_layer;
  for (u64 layer = 0; layer < kinds.size(); ++layer) {
    const PartSet set = frozen.of_layer(layer);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Tensor& tensor = inventory.tensors[i];
      if (in_decoder(tensor) && tensor.kind == kinds[layer] && tensor.role != Role::buffer && !set.has(parts[i])) return layer;
    }
  }
  return std::nullopt;
}

Result<PartsByLayer> frozen_parts(const FrozenChoice& choice, const ModelSpec& model, const TensorInventory& inventory, const std::string& where) {
  const std::vector<ModelModule> modules = modules_of(inventory, model);
  const u64 layers = model.num_hidden_layers();
  PartsByLayer frozen;
  if (choice.first_layers && *choice.first_layers > layers)
    return make_error(Say::above_most, where + ".first_layers", {digits(*choice.first_layers), digits(layers)});
  const std::vector<std::string> words = choice.modules.value_or(std::vector<std::string>{});
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i].empty() || !find_modules(modules, model, words[i], Naming::ending, frozen))
      return make_error(Say::no_such_module, where + ".modules[" + digits(i) + "]", {cut(words[i], 80), names_of(modules)});
  PartSet whole;
  for (const ModelModule& module : modules)
    if (in_decoder(*module.tensor)) whole.add(module.part);
  for (u64 layer = 0; layer < choice.first_layers.value_or(0); ++layer) frozen.add(static_cast<u32>(layer), whole);
  freeze_with_embedding(frozen, model);
  if (!first_trained_layer(frozen, model, inventory) && !trains_outside(frozen, modules)) return make_error(Say::nothing_trained, where);
  return frozen;
}

}  // namespace plimsoll
