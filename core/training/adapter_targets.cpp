// PEFT: LoraConfig, inject_adapter, _maybe_include_all_linear_layers, _convert_peft_config_moe.
#include <algorithm>

#include "messages.hpp"
#include "training/adapters.hpp"
#include "training/modules.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view all_linear = "all-linear";
constexpr u64 most_rank = 65536;

/// The names of one expert's matrices where PEFT takes them, and the router's, for the parameters that they have become.
const ExpertNames* reached_experts(const ModelSpec& model) {
  for (const LayerSpec& kind : model.decoder().kinds)
    if (const auto* experts = std::get_if<MixtureOfExperts>(&kind.feed_forward.kind); experts != nullptr && experts->names->adapters_reach_experts)
      return experts->names;
  return nullptr;
}

bool is_called(std::string_view word, std::string_view name) {
  return word == name || (word.size() > name.size() && word.ends_with(name) && word[word.size() - name.size() - 1] == '.');
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == y; });
}

struct Targets {
  const ModelSpec& model;
  const std::vector<ModelModule>& modules;
  const ExpertNames* reached;
  PartsByLayer found{};
  bool gate = false, up = false;  ///< words of experts' halves

  /// A word that means a parameter now. Whether it is one.
  bool takes_parameter(std::string_view word) {
    if (reached == nullptr) return false;
    const bool is_gate = is_called(word, reached->expert.gate), is_up = is_called(word, reached->expert.up);
    const bool is_down = is_called(word, reached->expert.down), is_router = is_called(word, reached->router);
    if (is_router) found.every.add({Role::router});
    if (is_gate || is_up) found.every.add({Role::expert_gate_up});
    if (is_down) found.every.add({Role::expert_down});
    gate = gate || is_gate;
    up = up || is_up;
    return is_gate || is_up || is_down || is_router;
  }
  void every_linear() {
    for (const ModelModule& module : modules) {
      if (module.kind != ModuleKind::linear || module.part.role == Role::lm_head) continue;
      if (!takes_parameter(module.leaf())) (module.tensor->in_layer() ? found.every : found.outside).add(module.part);
    }
    if (reached == nullptr) return;
    for (const std::string_view word : {reached->router, reached->expert.gate, reached->expert.up, reached->expert.down}) takes_parameter(word);
  }
};

std::string names_of(const std::vector<ModelModule>& modules, bool (*listed)(const ModelModule&)) {
  std::vector<std::string_view> names;
  for (const ModelModule& module : modules)
    if (listed(module) && std::find(names.begin(), names.end(), module.leaf()) == names.end()) names.push_back(module.leaf());
  std::string list;
  for (const std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
  return list;
}

bool has_matrix(const ModelModule& module) { return module.kind == ModuleKind::linear || module.kind == ModuleKind::embedding; }
bool is_parameter(const ModelModule& module) { return module.kind == ModuleKind::parameter; }
bool is_any(const ModelModule& module) { return module.kind != ModuleKind::vector; }

Error names_nothing(std::string_view word, const std::string& place, const std::string& there_are) {
  return make_error(Say::no_such_module, place, {cut(word, 80), there_are});
}

std::optional<Error> find_each(const std::vector<std::string>& words, const Targets& targets, Naming naming, const std::string& where,
                               bool (*listed)(const ModelModule&), PartsByLayer& found) {
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i].empty() || !find_modules(targets.modules, targets.model, words[i], naming, found))
      return names_nothing(words[i], where + "[" + digits(i) + "]", names_of(targets.modules, listed));
  return std::nullopt;
}

std::optional<Error> find_targets(Targets& targets, const LoraChoice& choice, const std::string& where) {
  const std::vector<std::string> usual{std::string(all_linear)};
  const std::vector<std::string>& words = choice.target_modules ? *choice.target_modules : usual;
  const std::string place = where + ".target_modules";
  if (words.empty() && choice.target_parameters.value_or(std::vector<std::string>{}).empty())
    return make_error(Say::no_targets, place, {names_of(targets.modules, has_matrix)});
  if (words.size() == 1 && equals_ignoring_case(words.front(), all_linear)) {
    targets.every_linear();
    return std::nullopt;
  }
  std::vector<std::string> modules;
  for (const std::string& word : words)
    if (!targets.takes_parameter(word)) modules.push_back(word);
  if (targets.gate != targets.up) {
    const std::string_view given = targets.gate ? targets.reached->expert.gate : targets.reached->expert.up;
    const std::string_view missing = targets.gate ? targets.reached->expert.up : targets.reached->expert.gate;
    return make_error(Say::joined_in_one_tensor, place, {given, missing});
  }
  return find_each(modules, targets, Naming::module, place, has_matrix, targets.found);
}

/// What is trained whole gets no adapter.
void withhold(Targets& targets, const std::vector<std::string>& saved) {
  PartsByLayer inside;
  for (const std::string& word : saved) find_modules(targets.modules, targets.model, word, Naming::inside, inside);
  if (inside.empty()) return;
  const PartSet everywhere = targets.found.every;
  targets.found.every.remove(inside.every);
  targets.found.outside.remove(inside.outside);
  for (auto& [layer, parts] : targets.found.single) parts.remove(inside.of_layer(layer));
  if (inside.single.empty()) return;
  for (u32 layer = 0; layer < targets.model.num_hidden_layers(); ++layer) {  // layers differ now: each on its own
    PartSet left = everywhere;
    left.remove(inside.of_layer(layer));
    targets.found.single.push_back({layer, left});
  }
  targets.found.every = {};
}

bool reaches_parameters(const PartsByLayer& parts) {
  PartSet all = parts.every;
  for (const auto& [layer, single] : parts.single) all = all | single;
  return all.has({Role::router}) || all.has({Role::expert_gate_up}) || all.has({Role::expert_down});
}

}  // namespace

Result<LoraSetting> lora_setting(const LoraChoice& choice, const ModelSpec& model, const TensorInventory& inventory, const std::string& where) {
  const u64 rank = choice.r.value_or(16);
  if (rank == 0) return make_error(Say::below_least, where + ".r", {"0", "1"});
  if (rank > most_rank) return make_error(Say::above_most, where + ".r", {digits(rank), digits(most_rank)});
  const std::vector<ModelModule> modules = modules_of(inventory, model);
  Targets targets{model, modules, reached_experts(model)};
  if (auto error = find_targets(targets, choice, where)) return *error;
  LoraSetting lora{.rank = static_cast<u32>(rank), .dropout = choice.lora_dropout.value_or(false), .dora = choice.use_dora.value_or(false),
                   .adapter_dtype = choice.adapter_dtype.value_or(ComputeDtype::fp32)};
  lora.gate_up_rank = lora.rank * (targets.gate && targets.up ? 2 : 1);
  if (choice.modules_to_save) {
    if (auto error = find_each(*choice.modules_to_save, targets, Naming::ending, where + ".modules_to_save", is_any, lora.saved)) return *error;
    withhold(targets, *choice.modules_to_save);
  }
  if (choice.target_parameters)
    if (auto error = find_each(*choice.target_parameters, targets, Naming::parameter, where + ".target_parameters", is_parameter, targets.found))
      return *error;
  lora.targets = std::move(targets.found);
  if (lora.targets.empty()) return make_error(Say::no_targets, where + ".target_modules", {names_of(modules, has_matrix)});
  if (reaches_parameters(lora.targets) && (lora.dropout || lora.dora)) {
    const std::string_view option = lora.dropout ? "lora_dropout" : "use_dora";
    return make_error(Say::parameters_without, where + "." + std::string(option), {option, names_of(modules, has_matrix)});
  }
  return lora;
}

std::vector<std::string> linear_names(const ModelSpec& model, const TensorInventory& inventory) {
  const auto is_conv1d = [](const LayerSpec& kind) {
    const auto* grouped = std::get_if<GroupedQueryAttention>(&kind.mixer.kind);
    return grouped != nullptr && grouped->conv1d;
  };
  std::vector<std::string> words;
  if (std::any_of(model.decoder().kinds.begin(), model.decoder().kinds.end(), is_conv1d)) return words;
  for (const ModelModule& module : modules_of(inventory, model)) {
    const std::string name(module.leaf());
    const bool listed = module.kind == ModuleKind::linear && module.part.role != Role::lm_head;
    if (listed && std::find(words.begin(), words.end(), name) == words.end()) words.push_back(name);
  }
  return words;
}

std::vector<std::string> fitting_targets(const LoraChoice& choice, const ModelSpec& model, const TensorInventory& inventory) {
  const std::vector<ModelModule> modules = modules_of(inventory, model);
  Targets targets{model, modules, reached_experts(model)};
  LoraChoice fitting = choice;
  std::vector<std::string>& words = fitting.target_modules.emplace();
  for (const std::string& word : choice.target_modules.value_or(std::vector<std::string>{}))
    if (targets.takes_parameter(word) || find_modules(modules, model, word, Naming::module, targets.found)) words.push_back(word);
  if (!words.empty() && lora_setting(fitting, model, inventory, "").ok()) return words;
  words.clear();
  for (const ModelModule& module : modules) {
    const std::string name(module.leaf());
    const bool listed = module.kind == ModuleKind::linear && module.part.role != Role::lm_head && !targets.takes_parameter(name);
    if (listed && std::find(words.begin(), words.end(), name) == words.end()) words.push_back(name);
  }
  return words;
}

}  // namespace plimsoll
