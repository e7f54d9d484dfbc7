// PEFT: LoraLayer.update_layer, Embedding.update_layer, ParamWrapper.update_layer, DoraLinearLayer, ModulesToSaveWrapper, cast_adapter_dtype.
#include "training/adapters.hpp"

#include "training/modules.hpp"
#include "training/tape.hpp"

namespace plimsoll {
namespace {

struct Shapes {
  Formula once, layers, experts;
};
constexpr Shapes a_shapes{"r * cols * b_w", "L * r * cols * b_w", "L * n_exp * r * cols * b_w"};
constexpr Shapes b_shapes{"rows * r * b_w", "L * rows * r * b_w", "L * n_exp * rows * r * b_w"};
constexpr Shapes magnitude_shapes{"rows * b_w", "L * rows * b_w", "L * rows * b_w"};
constexpr Shapes saved_shapes{"rows * cols * b_w", "L * rows * cols * b_w", "L * n_exp * rows * cols * b_w"};

/// A matrix that an adapter sits beside, as one rank has it.
struct Matrix {
  u64 out = 0, in = 0, experts = 1;
};

Matrix matrix_of(const ModelModule& module, const ModelSpec& model, const RankShare& rank) {
  const Tensor& t = *module.tensor;
  const std::array<u32, 3> shape = shape_on_rank(t, model, rank);
  if (module.kind == ModuleKind::embedding) return {shape[1], shape[0], 1};
  Matrix matrix{1, 1, t.stacked != 0 ? shape[0] : t.experts};
  if (t.stacked != 0) {
    matrix.out = shape[t.out_axis == 2 ? 2 : 1];
    matrix.in = shape[t.out_axis == 2 ? 1 : 2];
  } else {
    matrix.out = shape[t.out_axis == 1 ? 1 : 0];
    matrix.in = shape[t.out_axis == 1 ? 0 : 1];
  }
  if (t.role == Role::expert_gate) matrix.out *= 2;  // with up, one tensor in memory
  return matrix;
}

std::string name_of_module(const ModelModule& module) {
  std::string name(module.tensor->stack);
  if (module.tensor->in_layer()) name += ".*.";
  name += module.path;
  if (module.kind == ModuleKind::parameter && module.parameter != "weight") name += "." + std::string(module.parameter);
  return name;
}

class Adapters {
 public:
  Adapters(const TensorInventory& inventory, const ModelSpec& model, const RankShare& rank, const LoraSetting& lora, bool explain)
      : inventory_(inventory), model_(model), rank_(rank), lora_(lora), explain_(explain) {}

  /// Hands each tensor to `each(id, formula, values, tensor, source)`.
  template <class Each>
  void list(Each each) const {
    for (const ModelModule& module : modules_of(inventory_, model_)) list_adapter(module, each);
    const std::vector<Part> parts = parts_of(inventory_);
    for (std::size_t i = 0; i < parts.size(); ++i) list_saved(inventory_.tensors[i], parts[i], each);
  }

 private:
  template <class Each>
  void list_adapter(const ModelModule& module, Each each) const {
    const u64 layers = layers_with(lora_.targets, model_, *module.tensor, module.part);
    if (layers == 0) return;
    const Matrix m = matrix_of(module, model_, rank_);
    const u32 bytes = bytes_of(lora_.adapter_dtype);
    const u64 r = lora_.rank_of(module.part.role);
    Values v;
    v[Symbol::L] = layers;
    v[Symbol::n_exp] = m.experts;
    v[Symbol::rows] = m.out;
    v[Symbol::cols] = m.in;
    v[Symbol::r] = r;
    v[Symbol::b_w] = bytes;
    const auto give = [&](std::string_view id, const Shapes& shapes, u64 rows, u64 cols, u8 axes, std::string_view suffix) {
      TrainedTensor tensor{.count = layers, .rows = rows, .cols = cols, .axes = axes, .bytes_per_element = bytes, .is_target = module.tensor->in_layer()};
      if (explain_) tensor.label = name_of_module(module) + std::string(suffix);
      each(id, !module.tensor->in_layer() ? shapes.once : m.experts > 1 ? shapes.experts : shapes.layers, v, tensor, source::adapters);
    };
    const bool embedding = module.kind == ModuleKind::embedding;
    give("adapters.lora_A", a_shapes, r * m.experts, m.in, 2, embedding ? ".lora_embedding_A" : ".lora_A");
    give("adapters.lora_B", b_shapes, m.out, r * m.experts, 2, embedding ? ".lora_embedding_B" : ".lora_B");
    if (lora_.dora) give("adapters.magnitude", magnitude_shapes, 1, m.out, 1, ".lora_magnitude_vector");
  }

  /// A copy has the shape of its original; experts that a checkpoint stores one by one are one tensor in memory.
  template <class Each>
  void list_saved(const Tensor& t, Part part, Each each) const {
    if (t.apart == Apart::mtp || t.role == Role::buffer || t.role == Role::expert_up) return;
    const u64 layers = layers_with(lora_.saved, model_, t, part);
    if (layers == 0) return;
    const std::array<u32, 3> shape = shape_on_rank(t, model_, rank_);
    const bool vector = t.rank - t.stacked == 1;
    Values v;
    v[Symbol::L] = layers;
    v[Symbol::n_exp] = t.stacked != 0 ? shape[0] : t.experts;
    v[Symbol::rows] = vector ? 1 : shape[t.stacked] * (t.role == Role::expert_gate ? 2 : 1);
    v[Symbol::cols] = shape[t.stacked + (vector ? 0U : 1U)];
    v[Symbol::b_w] = lora_.saved_bytes;
    const bool stacked = v[Symbol::n_exp] > 1 || t.stacked != 0;
    TrainedTensor tensor{.count = layers, .leading = v[Symbol::n_exp], .rows = v[Symbol::rows], .cols = v[Symbol::cols],
                         .axes = static_cast<u8>(vector ? (stacked ? 2 : 1) : (stacked ? 3 : 2)), .bytes_per_element = lora_.saved_bytes,
                         .is_embedding = t.role == Role::embedding || t.role == Role::position_embedding, .is_head = t.role == Role::lm_head, .is_target = t.in_layer()};
    if (explain_) tensor.label = starred_name(t);
    const Formula& formula = !t.in_layer() ? saved_shapes.once : stacked ? saved_shapes.experts : saved_shapes.layers;
    each("adapters.modules_to_save", formula, v, tensor, source::saved_modules);
  }

  const TensorInventory& inventory_;
  const ModelSpec& model_;
  const RankShare& rank_;
  const LoraSetting& lora_;
  bool explain_;
};

}  // namespace

std::vector<TrainedTensor> adapter_tensors(const TensorInventory& inventory, const ModelSpec& model, const RankShare& rank, const LoraSetting& lora,
                                           bool explain) {
  std::vector<TrainedTensor> tensors;
  Adapters(inventory, model, rank, lora, explain).list(
      [&](std::string_view, const Formula&, const Values&, const TrainedTensor& tensor, std::string_view) { tensors.push_back(tensor); });
  return tensors;
}

u64 add_adapters(TermTree& tree, const TensorInventory& inventory, const ModelSpec& model, const RankShare& rank, const LoraSetting& lora) {
  tree.open("adapters", Combine::sum);
  const Adapters adapters(inventory, model, rank, lora, tree.explains());
  adapters.list([&](std::string_view id, const Formula& formula, const Values& v, const TrainedTensor& tensor, std::string_view from) {
    tree.leaf(id, formula, v, {.source = from, .label = tensor.label});
  });
  return tree.close();
}

}  // namespace plimsoll
