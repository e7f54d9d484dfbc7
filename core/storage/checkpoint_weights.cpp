#include "storage/checkpoint_weights.hpp"

#include "storage/weights.hpp"

namespace plimsoll {
namespace {

constexpr Formula whole{"n_file * b_file"};
constexpr Formula share{"n_file * ceil_div(b_file * e_rank, e_all)"};

u64 elements_of(const std::array<u32, 3>& shape, u8 rank) {
  Checked product = 1;
  for (u8 axis = 0; axis < rank; ++axis) product = product * u64{shape[axis]};
  return product.value;
}

void add_group(TermTree& tree, std::string_view id, const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank, const StoredTensors& stored) {
  Values v;
  v[Symbol::n_file] = stored.count;
  v[Symbol::b_file] = stored.bytes;
  bool cut = false;
  if (!stored.constant && rank.tensor_parallel_size > 1) {
    const Tensor& tensor = inventory.tensors[stored.tensor];
    v[Symbol::e_all] = tensor.elements().value;
    v[Symbol::e_rank] = elements_of(shape_on_rank(tensor, model, rank), tensor.rank);
    cut = v[Symbol::e_rank] != v[Symbol::e_all];
  }
  const std::string_view source = stored.type.empty() || (stored.type[0] >= 'A' && stored.type[0] <= 'Z') ? "safetensors-header" : "gguf-format";
  tree.leaf(id, cut ? share : whole, v, {.source = source, .label = tree.explains() ? stored.name : std::string()});
}

}  // namespace

u64 add_stored_weights(TermTree& tree, const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank, const StoredWeights& stored) {
  tree.open("weights", Combine::sum);
  for (const std::string_view id : weight_groups()) {
    bool opened = false;
    for (const StoredTensors& tensors : stored.tensors) {
      const Tensor& tensor = inventory.tensors[tensors.tensor];
      const std::string_view belongs = tensors.constant ? weight_group(Role::buffer) : weight_group(tensor.role);
      if (belongs != id || (!tensors.constant && tensor.apart != Apart::no)) continue;
      if (!opened) tree.open(id, Combine::sum);
      opened = true;
      add_group(tree, id, model, inventory, rank, tensors);
    }
    if (opened) tree.close();
  }
  return tree.close();
}

}  // namespace plimsoll
