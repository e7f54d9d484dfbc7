#include "messages.hpp"
#include "training/optimizer_states.hpp"

namespace plimsoll {
namespace {

std::string listed(const std::vector<std::string_view>& words) {
  std::string all;
  for (const std::string_view word : words) all += (all.empty() ? "" : ", ") + std::string(word);
  return all.empty() ? "[]" : all;
}

bool contains(const std::vector<std::string_view>& words, std::string_view word) {
  for (const std::string_view one : words)
    if (one == word) return true;
  return false;
}

bool projects(const Optimizer& optimizer) {
  for (const StateRule& rule : optimizer.states)
    if (rule.only == StateTensors::projected) return true;
  return false;
}

std::optional<Error> take_implementation(const OptimizerChoice& choice, const std::string& where, OptimizerSetup& setup) {
  const auto& ways = setup.optimizer->implementations;
  std::vector<std::string_view> known;
  for (const OptimizerImplementation& way : ways) {
    known.push_back(way.id);
    if (!setup.implementation && (!choice.implementation || *choice.implementation == way.id)) setup.implementation = &way;
  }
  if (!setup.implementation)
    return make_error(Say::unknown_word, where + ".implementation", {cut(choice.implementation.value_or(""), 80), listed(known)});
  setup.options.push_back(setup.implementation->id);
  return std::nullopt;
}

std::optional<Error> take_options(const OptimizerChoice& choice, const std::string& where, OptimizerSetup& setup) {
  const auto& known = setup.optimizer->options;
  for (std::size_t i = 0; i < choice.options.size(); ++i) {
    if (!contains(known, choice.options[i]))
      return make_error(Say::unknown_word, where + ".options[" + std::to_string(i) + "]", {cut(choice.options[i], 80), listed(known)});
    for (const std::string_view option : known)  // the catalogue's own text outlives the request
      if (option == choice.options[i] && !setup.has(option)) setup.options.push_back(option);
  }
  return std::nullopt;
}

std::optional<Error> take_sizes(const OptimizerChoice& choice, const std::string& where, OptimizerSetup& setup) {
  const auto& quantisation = setup.optimizer->quantisation;
  const bool blocks = quantisation && quantisation->block_is_option, ranks = projects(*setup.optimizer);
  std::vector<std::string_view> known{"id", "implementation", "options"};
  if (blocks) known.push_back("block_size");
  if (ranks) known.push_back("rank");
  if (choice.block_size && !blocks) return make_error(Say::unknown_key, where + ".block_size", {"block_size", listed(known)});
  if (choice.rank && !ranks) return make_error(Say::unknown_key, where + ".rank", {"rank", listed(known)});
  if (ranks && !choice.rank) return make_error(Say::field_missing, where + ".rank", {"rank"});
  setup.rank = choice.rank.value_or(0);
  setup.block = choice.block_size.value_or(quantisation ? quantisation->block : 0);
  return std::nullopt;
}

bool is_quantised(const OptimizerSetup& setup, const TrainedTensor& tensor) {
  const auto& quantisation = setup.optimizer->quantisation;
  if (!quantisation) return false;
  if (tensor.is_embedding && setup.has(quantisation->plain_embeddings_when)) return false;
  const u64 elements = tensor.elements().value;
  return elements >= quantisation->min_elements && (!quantisation->whole_blocks || elements % setup.block == 0);
}

}  // namespace

bool OptimizerSetup::has(std::string_view word) const { return contains(options, word); }

bool OptimizerSetup::holds(StateTensors which, const TrainedTensor& tensor) const {
  const bool matrix = tensor.axes == 2;
  switch (which) {
    case StateTensors::every: return true;
    case StateTensors::matrix: return matrix;
    case StateTensors::not_matrix: return !matrix;
    case StateTensors::factored: return tensor.axes >= 2;
    case StateTensors::unfactored: return tensor.axes < 2;
    case StateTensors::quantised: return is_quantised(*this, tensor);
    case StateTensors::unquantised: return !is_quantised(*this, tensor);
    case StateTensors::projected: return matrix && tensor.is_target;
    case StateTensors::unprojected: return !(matrix && tensor.is_target);
  }
  return false;
}

bool OptimizerSetup::takes(const TrainedTensor& tensor) const {
  for (const Refusal& refusal : optimizer->refuses)
    if ((refusal.when.empty() || has(refusal.when)) && holds(refusal.only, tensor)) return false;
  return true;
}

Result<OptimizerSetup> optimizer_setup(const OptimizerChoice& choice, const Catalog& catalog, const std::string& where) {
  OptimizerSetup setup;
  if (choice.id.empty()) return make_error(Say::field_missing, where + ".id", {"id"});
  PLIMSOLL_TRY(setup.optimizer, catalog.optimizer(choice.id, where + ".id"));
  if (auto error = take_implementation(choice, where, setup)) return *error;
  if (auto error = take_options(choice, where, setup)) return *error;
  if (auto error = take_sizes(choice, where, setup)) return *error;
  return setup;
}

}  // namespace plimsoll
