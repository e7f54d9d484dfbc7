#pragma once
/// Low-rank adapters as PEFT makes them: which matrices get one, the tensors they are, their bytes.

#include <string>
#include <vector>

#include "model/tensor_inventory.hpp"
#include "parallel/placement.hpp"
#include "report/term.hpp"
#include "result.hpp"
#include "training/lora_setting.hpp"
#include "training/optimizer_states.hpp"
#include "training/training_request.hpp"

namespace plimsoll {

/// Decides which modules get an adapter and which are trained whole.
///
/// Shapes   a word of target_modules names every linear module and embedding whose name is the word or ends with "." and the word;
///          "all-linear" every linear module but the head; target_parameters the same of the matrices that a module holds itself
/// Assumes  where PEFT knows a class from before its experts were one tensor (`ExpertNames::adapters_reach_experts`), names of an expert's
///          matrices and of the router mean these parameters, gate and up together with twice the rank; "all-linear" has them too,
///          and other modules of the same names (leading dense layers, shared experts) then get none
/// Errors   unknown_id for a word that names nothing, with what there is; missing_field for an empty list; out_of_range for r of 0;
///          unsupported_combination for one of gate and up alone, or for dropout or DoRA with parameters
/// Source   PEFT's inject_adapter and convert_peft_config_for_transformers
/// Tested   tests/core/adapters_test.cpp, against what PEFT makes of the same words
Result<LoraSetting> lora_setting(const LoraChoice& choice, const ModelSpec& model, const TensorInventory& inventory, const std::string& where);

/// The last words of the names of every linear module but the head, as programs find them that give PEFT a list; none of GPT-2's Conv1D.
///
/// Source   llama-factory-linear-names, ms-swift-linear-names
/// Tested   tests/core/training_stacks_test.cpp
std::vector<std::string> linear_names(const ModelSpec& model, const TensorInventory& inventory);

/// Target words that nobody asked for, such as a program's own, as far as a model has them: those that name something in it; where that is
/// nothing, or parameters that the choice's other options refuse, every linear module but the head.
///
/// Tested   tests/core/training_stacks_test.cpp
std::vector<std::string> fitting_targets(const LoraChoice& choice, const ModelSpec& model, const TensorInventory& inventory);

/// The trained tensors on one rank: of each adapter A and B, with DoRA a magnitude; copies of the modules that are trained whole.
///
/// Shapes   A [r, in], B [out, r] of a matrix [out, in]; of an embedding [V, h] A [r, V], B [h, r]; of E stacked experts A [r * E, in],
///          B [out, r * E]; a magnitude [out]. Under tensor parallelism the side that the matrix is cut along is cut
/// Assumes  adapters have the setting's dtype; copies have `saved_bytes`, that of the base
/// Source   peft-lora, peft-modules-to-save
/// Tested   tests/core/adapters_test.cpp
std::vector<TrainedTensor> adapter_tensors(const TensorInventory& inventory, const ModelSpec& model, const RankShare& rank, const LoraSetting& lora,
                                           bool explain);

/// Adds the node `adapters`: one leaf for each of these tensors. Returns the sum. The originals of copied modules stay in `weights`.
///
/// Formula  L * r * cols * b_w, L * rows * r * b_w, L * rows * b_w; times n_exp for experts; copies as their weights
u64 add_adapters(TermTree& tree, const TensorInventory& inventory, const ModelSpec& model, const RankShare& rank, const LoraSetting& lora);

}  // namespace plimsoll
