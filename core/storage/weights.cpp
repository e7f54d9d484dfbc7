#include "storage/weights.hpp"

#include <string>

#include "storage/part_formulas.hpp"

namespace plimsoll {
namespace {

/// Term ids in the order they are shown; a role belongs to one of them.
constexpr auto groups = std::to_array<std::string_view>({"weights.embedding", "weights.attention", "weights.mlp", "weights.experts",
    "weights.shared_experts", "weights.router", "weights.norm", "weights.lm_head", "weights.buffers"});

constexpr std::string_view group_of(Role role) {
  switch (role) {
    case Role::embedding:
    case Role::position_embedding: return "weights.embedding";
    case Role::attention_q:
    case Role::attention_k:
    case Role::attention_v:
    case Role::attention_qkv:
    case Role::attention_o:
    case Role::attention_norm:
    case Role::attention_sink:
    case Role::latent_q_a:
    case Role::latent_q_b:
    case Role::latent_kv_a:
    case Role::latent_kv_b: return "weights.attention";
    case Role::mlp_gate:
    case Role::mlp_up:
    case Role::mlp_gate_up:
    case Role::mlp_down: return "weights.mlp";
    case Role::router:
    case Role::shared_expert_router: return "weights.router";
    case Role::expert_gate:
    case Role::expert_up:
    case Role::expert_gate_up:
    case Role::expert_down: return "weights.experts";
    case Role::shared_expert_gate:
    case Role::shared_expert_up:
    case Role::shared_expert_down: return "weights.shared_experts";
    case Role::norm:
    case Role::mtp_projection: return "weights.norm";
    case Role::lm_head: return "weights.lm_head";
    case Role::buffer: return "weights.buffers";
  }
  return {};
}

struct Shapes {
  Formula elements, rows;  // by element, and by row where elements share bytes
};
constexpr Shapes vector_once{"cols * b_w", "row_w"};
constexpr Shapes vector_layers{"L * cols * b_w", "L * row_w"};
constexpr Shapes vector_experts{"L * n_exp * cols * b_w", "L * n_exp * row_w"};
constexpr Shapes matrix_once{"rows * cols * b_w", "rows * row_w"};
constexpr Shapes matrix_layers{"L * rows * cols * b_w", "L * rows * row_w"};
constexpr Shapes matrix_experts{"L * n_exp * rows * cols * b_w", "L * n_exp * rows * row_w"};

bool has_experts(const Tensor& tensor) { return tensor.stacked != 0 || tensor.experts > 1; }

const Shapes& shapes_of(const Tensor& tensor, bool is_matrix) {
  if (!tensor.in_layer()) return is_matrix ? matrix_once : vector_once;
  if (has_experts(tensor)) return is_matrix ? matrix_experts : vector_experts;
  return is_matrix ? matrix_layers : vector_layers;
}

const Formula& formula_of(const FormatPart& part, const Tensor& tensor, bool is_matrix, bool whole_bytes) {
  if (const PartFormulas* parts = formulas_of(part)) return !tensor.in_layer() ? parts->once : has_experts(tensor) ? parts->experts : parts->layers;
  const Shapes& shapes = shapes_of(tensor, is_matrix);
  return whole_bytes ? shapes.elements : shapes.rows;
}

/// A part with a tensor of its own has that tensor's name: "model.layers.*.mlp.up_proj.weight.absmax".
std::string part_name(const Tensor& tensor, const FormatPart& part) {
  if (part.tensor.empty()) return starred_name(tensor);
  if (part.joined) return starred_name(tensor) + std::string(part.tensor);
  Tensor module = tensor;
  module.suffix = "";
  return starred_name(module) + "." + std::string(part.tensor);
}

/// A node with the tensor's name and a leaf for each part.
void add_parts(TermTree& tree, std::string_view group, const Tensor& tensor, Values v, const StorageFormat& format) {
  const bool is_matrix = tensor.rank - tensor.stacked == 2;
  if (is_matrix && tensor.out_axis > tensor.stacked) std::swap(v[Symbol::rows], v[Symbol::cols]);  // a quantised Conv1D is stored [out, in]
  tree.open(group, Combine::sum, tree.explains() ? starred_name(tensor) : std::string());
  for (const FormatPart& part : format.parts) {
    if (part.held == Held::checkpoint) continue;
    const StorageFormat alone{.id = format.id, .name = format.name, .source = format.source, .parts = {part}};
    v[Symbol::b_w] = alone.whole_bytes();
    v[Symbol::row_w] = part.counted == Counted::row ? row_bytes(v[Symbol::cols], alone).value : 0;
    set_part_symbols(v, part);
    tree.leaf(group, formula_of(part, tensor, is_matrix, v[Symbol::b_w] != 0), v,
              {.source = format.source, .basis = format.bounded ? Basis::assumed : Basis::exact,
               .label = tree.explains() ? part_name(tensor, part) : std::string()});
  }
  tree.close();
}

void add_tensor(TermTree& tree, std::string_view group, const ModelSpec& model, const Tensor& tensor, const RankShare& rank, const StorageFormat& format, u32 layers,
                std::string_view label) {
  const std::array<u32, 3> shape = shape_on_rank(tensor, model, rank);
  const u8 first = tensor.stacked;  // behind the axis of experts, where there is one
  const bool is_matrix = tensor.rank - first == 2;
  Values v;
  v[Symbol::L] = layers;
  v[Symbol::n_exp] = first != 0 ? shape[0] : tensor.experts;
  v[Symbol::rows] = is_matrix ? shape[first] : 1;
  v[Symbol::cols] = is_matrix ? shape[first + 1U] : shape[first];
  v[Symbol::b_w] = format.whole_bytes();
  if (!format.by_rows()) return add_parts(tree, group, tensor, v, format);
  const Shapes& shapes = shapes_of(tensor, is_matrix);
  if (v[Symbol::b_w] == 0) v[Symbol::row_w] = row_bytes(v[Symbol::cols], format).value;
  tree.leaf(group, v[Symbol::b_w] != 0 ? shapes.elements : shapes.rows, v,
            {.source = format.source, .label = !tree.explains() ? std::string() : label.empty() ? starred_name(tensor) : std::string(label)});
}

}  // namespace

u64 add_weights(TermTree& tree, const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank, const PrecisionPlan& formats) {
  tree.open("weights", Combine::sum);
  for (const std::string_view group : groups) {
    bool opened = false;
    const auto add = [&](const Tensor& tensor, const StorageFormat& format, u32 layers, std::string_view label) {
      if (!opened) tree.open(group, Combine::sum);
      opened = true;
      add_tensor(tree, group, model, tensor, rank, format, layers, label);
    };
    if (formats.file) {
      for (const FileTensor& held : formats.file->tensors)
        if (group_of(held.tensor.role) == group) add(held.tensor, *held.format, held.tensor.layers, held.label);
    } else {
      for (std::size_t number = 0; number < inventory.tensors.size(); ++number) {
        const Tensor& tensor = inventory.tensors[number];
        if (tensor.apart != Apart::no || group_of(tensor.role) != group) continue;
        formats.each_stored(inventory, number, [&](const StorageFormat& format, u32 layers) { add(tensor, format, layers, {}); });
      }
    }
    if (opened) tree.close();
  }
  return tree.close();
}

std::span<const std::string_view> weight_groups() { return groups; }
std::string_view weight_group(Role role) { return group_of(role); }

}  // namespace plimsoll
