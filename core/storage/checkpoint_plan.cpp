#include "storage/checkpoint_plan.hpp"

#include <algorithm>

#include "messages.hpp"

namespace plimsoll {
namespace {

bool is_matrix(const Tensor& tensor) { return tensor.rank - tensor.stacked == 2; }
bool is_head(const Tensor& tensor) { return tensor.role == Role::lm_head; }
bool is_embedding(const Tensor& tensor) { return tensor.role == Role::embedding || tensor.role == Role::position_embedding; }

class Planner {
 public:
  Planner(const CheckpointQuantization& quantization, const ModelSpec& model, const Catalog& catalog, Place place, std::string where)
      : q_(quantization), model_(model), catalog_(catalog), place_(place), where_(std::move(where)) {}

  Result<PrecisionPlan> plan(const TensorInventory& inventory, std::string_view dtype) {
    PLIMSOLL_TRY(own_, catalog_.format(dtype, where_));
    PLIMSOLL_TRY(full_, catalog_.format("fp32", where_));
    plan_.linear.fill(own_);
    plan_.others.fill(own_);
    plan_.others[static_cast<std::size_t>(Role::buffer)] = full_;
    for (std::size_t number = 0; number < inventory.tensors.size(); ++number) {
      if (auto error = add(inventory, number)) return *error;
    }
    return std::move(plan_);
  }

 private:
  /// Layers that the same entry of the method holds.
  struct Decided {
    const QuantizedModules* modules = nullptr;
    u32 layers = 0;
  };

  [[nodiscard]] bool reaches(const Tensor& tensor) const {
    const Reach& reach = place_ == Place::memory ? q_.loaded : q_.stored;
    if (!is_matrix(tensor) || (place_ == Place::memory && tensor.apart != Apart::no)) return false;
    if (is_head(tensor)) return reach.head;
    if (tensor.routed) return reach.experts;
    if (is_embedding(tensor)) return reach.embeddings;
    if (tensor.role == Role::router) return reach.routers;
    if (tensor.role == Role::mtp_projection) return false;  // no class replaces it, and checkpoints in FP8 keep it in 16 bit
    return tensor.linear;
  }

  [[nodiscard]] const QuantizedModules* decide(const Tensor& tensor, u64 layer) const {
    const std::string name = module_name(tensor, layer, place_ == Place::memory && tensor.routed);
    const auto holds = [&](NameLanguage language, const std::vector<std::string>& entries) {
      return std::any_of(entries.begin(), entries.end(), [&](const std::string& entry) { return holds_name(language, entry, name); });
    };
    if (holds(q_.language, q_.ignored)) return nullptr;
    for (const QuantizedModules& modules : q_.modules) {
      if (modules.of == QuantizedModules::Of::experts && !tensor.routed) continue;
      if (modules.of == QuantizedModules::Of::others && (tensor.routed || is_embedding(tensor))) continue;
      if (modules.of == QuantizedModules::Of::embeddings && !is_embedding(tensor)) continue;
      if (modules.of == QuantizedModules::Of::head && !is_head(tensor)) continue;
      if (!modules.targets.empty() && !holds(modules.language, modules.targets)) continue;
      return modules.format.empty() ? nullptr : &modules;
    }
    return nullptr;
  }

  [[nodiscard]] bool by_name() const {
    return !q_.ignored.empty() || std::any_of(q_.modules.begin(), q_.modules.end(), [](const QuantizedModules& modules) { return !modules.targets.empty(); });
  }

  std::vector<Decided> decided(const Tensor& tensor) const {
    if (!reaches(tensor)) return {{nullptr, tensor.layers}};
    if (!tensor.in_layer() || !by_name()) return {{decide(tensor, 0), tensor.layers}};
    const Stack& stack = model_.stacks[tensor.stack_index];
    std::vector<Decided> out;
    for (std::size_t layer = 0; layer < stack.kind_of_layer.size(); ++layer) {
      if (stack.kind_of_layer[layer] != tensor.kind) continue;
      const QuantizedModules* modules = decide(tensor, stack.first_index + layer);
      auto same = std::find_if(out.begin(), out.end(), [&](const Decided& each) { return each.modules == modules; });
      if (same == out.end()) same = out.insert(out.end(), {modules, 0});
      ++same->layers;
    }
    return out;
  }

  std::optional<Error> add(const TensorInventory& inventory, std::size_t number) {
    const Tensor& tensor = inventory.tensors[number];
    std::vector<StoredLayers>& stored = plan_.tensors.emplace_back();
    if (tensor.role == Role::buffer) {
      stored.push_back({full_, tensor.layers});
      return std::nullopt;
    }
    if (place_ == Place::memory && !is_matrix(tensor))
      if (const auto matrix = matrix_of_bias(inventory, number)) return add_bias(stored, *matrix);
    for (const Decided& layers : decided(tensor)) {
      const StorageFormat* format = own_;
      if (layers.modules != nullptr) {
        PLIMSOLL_TRY(format, bound(*layers.modules, tensor));
        if (tensor.linear && format != own_) plan_.linear[static_cast<std::size_t>(tensor.role)] = format;
      }
      stored.push_back({format, layers.layers});
    }
    return std::nullopt;
  }

  /// The operator whose bias this is: biases follow their matrix, those of stacked experts follow both matrices.
  static std::optional<std::size_t> matrix_of_bias(const TensorInventory& inventory, std::size_t number) {
    const Tensor& bias = inventory.tensors[number];
    const bool stacked = bias.part.ends_with("_bias");
    if (bias.suffix != ".bias" && !stacked) return std::nullopt;
    const std::string_view part = stacked ? bias.part.substr(0, bias.part.size() - 5) : bias.part;
    for (std::size_t before = number; before-- > 0 && number - before <= 3;) {
      const Tensor& matrix = inventory.tensors[before];
      if (is_matrix(matrix) && matrix.part == part && matrix.block == bias.block && matrix.stack == bias.stack && matrix.kind == bias.kind) return before;
    }
    return std::nullopt;
  }

  std::optional<Error> add_bias(std::vector<StoredLayers>& stored, std::size_t matrix) {
    for (const StoredLayers& layers : plan_.tensors[matrix]) {
      const StorageFormat* format = own_;
      if (!layers.format->bias.empty()) {
        PLIMSOLL_TRY(format, catalog_.format(layers.format->bias, where_));
      }
      stored.push_back({format, layers.layers});
    }
    return std::nullopt;
  }

  struct Made {
    const QuantizedModules* modules;
    u32 group_size;
    bool second;
    const StorageFormat* format;
  };

  Result<const StorageFormat*> bound(const QuantizedModules& modules, const Tensor& tensor) {
    PLIMSOLL_TRY(const FormatTemplate* format, catalog_.format_template(modules.format, where_));
    const u32 outputs = tensor.shape[tensor.out_axis], inputs = tensor.shape[2U * tensor.stacked + 1U - tensor.out_axis];
    Parameters parameters = modules.parameters;
    const bool second = place_ == Place::memory && tensor.role == Role::expert_up;
    parameters.insert(parameters.end(), {{dtype_bits, own_->whole_bytes() * 8}, {"second_of_pair", second ? 1U : 0U}});
    u32 group = 0;
    if (!format->group_choice.empty()) {
      const auto fits = std::find_if(format->group_choice.begin(), format->group_choice.end(), [&](u32 choice) { return inputs % choice == 0; });
      group = fits != format->group_choice.end() && inputs > format->group_choice.front() ? *fits : 0;
      parameters.push_back({"group_size", group});
    }
    if (format->halves_groups) {
      for (group = value_of(parameters, "group_size").value_or(0); group >= 16 && inputs % group != 0;) group /= 2;
      parameters.insert(parameters.begin(), {"group_size", group});
    }
    const auto divides = [&](const Amount& amount, u32 size) {
      const u32 multiple = amount.parameter.empty() ? amount.value : value_of(parameters, amount.parameter).value_or(1);
      return multiple == 0 || size % multiple == 0;
    };
    if (!divides(format->limits.inputs_multiple, inputs) || !divides(format->limits.outputs_multiple, outputs)) return own_;
    for (const Made& made : made_)
      if (made.modules == &modules && made.group_size == group && made.second == second) return made.format;
    PLIMSOLL_TRY(StorageFormat ready, bind_format(*format, parameters, where_));
    made_.push_back({&modules, group, second, plan_.keep(std::move(ready))});
    return made_.back().format;
  }

  const CheckpointQuantization& q_;
  const ModelSpec& model_;
  const Catalog& catalog_;
  Place place_;
  std::string where_;
  const StorageFormat *own_ = nullptr, *full_ = nullptr;
  PrecisionPlan plan_;
  std::vector<Made> made_;
};

}  // namespace

std::string module_name(const Tensor& tensor, u64 layer, bool fused) {
  std::string name(tensor.stack);
  const auto add = [&](std::string_view piece) {
    if (!piece.empty()) name += (name.empty() ? "" : ".") + std::string(piece);
  };
  if (tensor.in_layer()) add(digits(layer));
  add(tensor.block);
  add(tensor.expert);
  if (fused) return name;
  if (tensor.routed && tensor.stacked == 0) add("0");
  add(tensor.part);
  return name;
}

Result<PrecisionPlan> checkpoint_plan(const CheckpointQuantization& quantization, const ModelSpec& model, const TensorInventory& inventory,
                                      std::string_view dtype, const Catalog& catalog, Place place, const std::string& where) {
  return Planner(quantization, model, catalog, place, where).plan(inventory, dtype);
}

}  // namespace plimsoll
