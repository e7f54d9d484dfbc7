#pragma once
/// The modules of a model as Transformers builds them, and finding them by name as PEFT does.

#include <string>
#include <string_view>
#include <vector>

#include "model/tensor_inventory.hpp"
#include "training/parts.hpp"

namespace plimsoll {

enum class ModuleKind : u8 {
  linear,     ///< nn.Linear, and GPT-2's Conv1D
  embedding,
  norm,
  parameter,  ///< a matrix that a module of another class holds: a router's, or all experts' in one tensor
  vector,     ///< the same of a vector: sinks
};

struct ModelModule {
  const Tensor* tensor = nullptr;  ///< its weight; of experts that a checkpoint stores one by one, the first tensor
  ModuleKind kind{};
  Part part;
  std::string path;                ///< behind the layer's number, or from the root: "self_attn.q_proj"
  std::string_view parameter{};    ///< name inside the module, of a `parameter` or `vector`: "gate_up_proj"

  /// The last word of the name that an adapter is asked for by: "q_proj", "gate_up_proj".
  [[nodiscard]] std::string_view leaf() const;
};

/// Every module that holds a parameter of its own and runs, in the inventory's order; a tied head among them. Names are those of
/// Transformers, which calls every head lm_head.
std::vector<ModelModule> modules_of(const TensorInventory& inventory, const ModelSpec& model);

/// The part that each tensor of an inventory belongs to, in its order.
std::vector<Part> parts_of(const TensorInventory& inventory);

/// Decoder layers of a tensor's kind in which a set has its part; of a tensor outside the layers 1 or 0.
u64 layers_with(const PartsByLayer& parts, const ModelSpec& model, const Tensor& tensor, Part part);

/// How a word names modules.
enum class Naming : u8 {
  module,     ///< the module's whole name, or its end behind a dot: target_modules
  parameter,  ///< the same of a parameter's name: target_parameters
  ending,     ///< the name of the module, or of one around it, ends with the word: modules_to_save
  inside,     ///< the module, or one around it, is called so: what modules_to_save withholds from adapters
};

/// Adds the parts of the modules that a word names. Returns whether there are any.
///
/// Assumes  a module around a layer's modules is at most the layer itself
/// Source   PEFT's check_target_module_exists, _inject_parameters and _set_trainable
/// Tested   tests/core/adapters_test.cpp
bool find_modules(const std::vector<ModelModule>& modules, const ModelSpec& model, std::string_view word, Naming naming, PartsByLayer& found);

}  // namespace plimsoll
