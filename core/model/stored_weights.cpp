#include "model/stored_weights.hpp"

#include <algorithm>
#include <map>

#include "messages.hpp"
#include "model/gguf_config.hpp"

namespace plimsoll {
namespace {

constexpr std::size_t no_tensor = ~std::size_t{0};

/// Endings of the tensors that quantisers store for a weight, behind the module's name. The first that holds wins.
/// Source  "transformers-quantizers" and each library's own modules
constexpr auto companions = std::to_array<std::string_view>({
    ".weight.absmax", ".weight.quant_map", ".weight.nested_absmax", ".weight.nested_quant_map", ".weight.nested_offset", ".weight.quant_state.bitsandbytes__nf4",
    ".weight.quant_state.bitsandbytes__fp4", ".SCB", ".weight_format",                                                   // bitsandbytes
    ".qweight", ".qzeros", ".scales", ".g_idx", ".biases",                                                               // GPTQ, AWQ, MLX
    ".weight_packed", ".weight_scale", ".weight_zero_point", ".weight_shape", ".weight_g_idx", ".weight_global_scale",
    ".input_scale", ".input_zero_point", ".input_global_scale", ".k_scale", ".v_scale",                                 // compressed-tensors, modelopt
    ".weight_scale_inv", ".weight_scale_2", ".weight_scales", ".activation_scale", ".pre_quant_scale",                  // fp8, nvfp4, EETQ
    ".W_q", ".scale", ".zero", ".meta",                                                                                  // HQQ
    ".codes", ".codebooks",                                                                                              // AQLM
    ".trellis", ".suh", ".svh", ".mcg", ".mul1", ".q_weight", ".q_invperm", ".q_scale", ".q_scale_max", ".q_groups",      // EXL3, EXL2
    "_blocks", "_scales",                                                                                                // MXFP4 of gpt-oss
});

/// Types that a packed weight has. Every other weight has the model's shape.
bool may_be_packed(std::string_view type) { return type == "U8" || type == "I8" || type == "U32" || type == "I32" || type == "I16" || type == "F4" || type == "F8_E4M3"; }

std::string shown(const std::vector<u64>& shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) out += (i == 0 ? "" : ", ") + digits(shape[i]);
  return out + "]";
}

std::vector<u64> shape_of(const Tensor& tensor) { return {tensor.shape.begin(), tensor.shape.begin() + tensor.rank}; }

class Matching {
 public:
  Matching(const CheckpointSummary& checkpoint, const TensorInventory& inventory) : checkpoint_(&checkpoint), inventory_(&inventory) {
    for (std::size_t i = 0; i < inventory.tensors.size(); ++i) by_name_[starred_name(inventory.tensors[i])].push_back(i);
    out_.sizes_known = checkpoint.kind == CheckpointKind::safetensors || checkpoint.kind == CheckpointKind::gguf;
  }

  StoredWeights take() {
    for (const CheckpointTensors& group : checkpoint_->tensors) place(group);
    for (const auto& [name, tensors] : by_name_) check_count(name, tensors);
    return std::move(out_);
  }

 private:
  void place(const CheckpointTensors& group) {
    if (const auto found = by_name_.find(group.name); found != by_name_.end()) {
      const std::size_t tensor = with_shape(found->second, group);
      counted_[group.name][group.name] += group.count;
      if (tensor == no_tensor)
        return differ(group.name, DifferenceKind::other_shape, shown(shape_of(inventory_->tensors[found->second.front()])), shown(group.shape));
      return add(tensor, group);
    }
    if (const auto [module, tensor] = module_of(group.name); tensor != no_tensor) {
      counted_[module][group.name] += group.count;
      return add(tensor, group);
    }
    differ(group.name, DifferenceKind::extra, {}, group.shape.empty() ? digits(group.count) : shown(group.shape));
  }

  void add(std::size_t tensor, const CheckpointTensors& group) { out_.tensors.push_back({tensor, group.name, group.type, group.count, group.bytes.value_or(0)}); }
  void differ(std::string name, DifferenceKind kind, std::string expected, std::string found) {
    out_.differences.push_back({std::move(name), kind, std::move(expected), std::move(found)});
  }

  [[nodiscard]] std::size_t with_shape(const std::vector<std::size_t>& tensors, const CheckpointTensors& group) const {
    if (!group.bytes) return tensors.front();  // an index has no shapes
    for (const std::size_t i : tensors)
      if (shape_of(inventory_->tensors[i]) == group.shape) return i;
    return may_be_packed(group.type) ? tensors.front() : no_tensor;
  }

  /// The weight of the module that a quantiser's tensor stands beside, and its name.
  [[nodiscard]] std::pair<std::string, std::size_t> module_of(std::string_view name) const {
    for (const std::string_view ending : companions) {
      if (!name.ends_with(ending)) continue;
      const std::string module(name.substr(0, name.size() - ending.size()));
      for (const std::string& weight : {module + ".weight", module})
        if (const auto found = by_name_.find(weight); found != by_name_.end()) return {weight, found->second.front()};
    }
    return {{}, no_tensor};
  }

  /// A module may be stored as one tensor or as several: it is there as often as the most frequent of them.
  void check_count(const std::string& name, const std::vector<std::size_t>& tensors) {
    u64 expected = 0, found = 0;
    bool optional = true;
    for (const std::size_t i : tensors) {
      expected += inventory_->tensors[i].count();
      optional = optional && inventory_->tensors[i].apart != Apart::no;
    }
    if (const auto counted = counted_.find(name); counted != counted_.end())
      for (const auto& [part, count] : counted->second) found = std::max(found, count);
    if (found == expected || (optional && found == 0)) return;
    differ(name, found == 0 ? DifferenceKind::missing : DifferenceKind::other_count, digits(expected), found == 0 ? std::string() : digits(found));
  }

  const CheckpointSummary* checkpoint_;
  const TensorInventory* inventory_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> by_name_;
  std::map<std::string, std::map<std::string, u64>> counted_;
  StoredWeights out_;
};

/// What a GGUF tensor is for: a role, and whether it is the weight or the bias. Converters permute, transpose and stack, but keep elements.
class GgufMatching {
 public:
  GgufMatching(const CheckpointSummary& checkpoint, const TensorInventory& inventory) : checkpoint_(&checkpoint), inventory_(&inventory) {}

  StoredWeights take() {
    for (const CheckpointTensors& group : checkpoint_->tensors) place(group);
    for (std::size_t i = 0; i < inventory_->tensors.size(); ++i) expect(inventory_->tensors[i]);
    for (const auto& [key, elements] : expected_)
      if (elements.value != found_[key].value) differ_in(key, elements);
    return std::move(out_);
  }

 private:
  using Key = std::pair<Role, bool>;  // bias or not

  static bool is_bias(const Tensor& tensor) { return tensor.role != Role::buffer && (tensor.suffix == ".bias" || tensor.part.ends_with("_bias")); }

  void place(const CheckpointTensors& group) {
    const GgufTensorName* name = gguf_tensor_name(group.name);
    if (name == nullptr) return out_.differences.push_back({group.name, DifferenceKind::extra, {}, shown(group.shape)});
    const bool bias = std::string_view(group.name).ends_with(".bias") && name->part != "exp_probs_b";
    const std::size_t tensor = find(*name, bias);
    const bool constant = !name->roles[0].has_value();
    if (tensor == no_tensor && !constant) return out_.differences.push_back({group.name, DifferenceKind::extra, {}, shown(group.shape)});
    out_.tensors.push_back({constant ? 0 : tensor, group.name, group.type, group.count, group.bytes.value_or(0), constant});
    if (constant || std::string_view(group.name).ends_with(".scale") || std::string_view(group.name).ends_with(".input_scale")) return;
    Checked elements = group.count;
    for (const u64 length : group.shape) elements = elements * length;
    Checked& sum = found_[{inventory_->tensors[tensor].role, bias}];
    sum = sum + elements;
  }

  [[nodiscard]] std::size_t find(const GgufTensorName& name, bool bias) const {
    for (const auto& role : name.roles)
      for (std::size_t i = 0; role && i < inventory_->tensors.size(); ++i)
        if (inventory_->tensors[i].role == *role && inventory_->tensors[i].apart != Apart::mtp && is_bias(inventory_->tensors[i]) == bias) return i;
    return no_tensor;
  }

  void expect(const Tensor& tensor) {
    if (tensor.apart != Apart::no) return;
    Checked& sum = expected_[{tensor.role, is_bias(tensor)}];
    sum = sum + tensor.elements() * tensor.count();
  }

  void differ_in(const Key& key, Checked elements) {
    const u64 found = found_[key].value;
    out_.differences.push_back({std::string(name_of(key.first)) + (key.second ? ".bias" : ".weight"), found == 0 ? DifferenceKind::missing : DifferenceKind::other_count,
                                digits(elements.value), found == 0 ? std::string() : digits(found)});
  }

  const CheckpointSummary* checkpoint_;
  const TensorInventory* inventory_;
  std::map<Key, Checked> expected_, found_;
  StoredWeights out_;
};

}  // namespace

StoredWeights stored_weights(const CheckpointSummary& checkpoint, const TensorInventory& inventory) {
  if (checkpoint.kind == CheckpointKind::gguf) return GgufMatching(checkpoint, inventory).take();
  return Matching(checkpoint, inventory).take();
}

std::optional<u64> bytes_of_named(const CheckpointSummary& checkpoint, const StoredWeights& stored, const TensorInventory& inventory, u64 bytes_per_element) {
  if (checkpoint.kind == CheckpointKind::gguf || !stored.differences.empty()) return std::nullopt;
  std::map<std::string, bool> named;  // whether nothing but the tensor itself is stored for it
  for (const StoredTensors& tensors : stored.tensors) {
    const std::string name = starred_name(inventory.tensors[tensors.tensor]);
    const bool itself = tensors.name == name;
    const auto [entry, fresh] = named.try_emplace(name, itself);
    if (!fresh) entry->second = entry->second && itself;
  }
  Checked bytes;
  for (const Tensor& tensor : inventory.tensors) {
    const auto found = named.find(starred_name(tensor));
    if (found == named.end()) continue;
    if (!found->second) return std::nullopt;
    bytes = bytes + tensor.elements() * tensor.count() * (tensor.role == Role::buffer ? u64{4} : bytes_per_element);
  }
  return bytes.overflowed ? std::nullopt : std::optional<u64>(bytes.value);
}

}  // namespace plimsoll
