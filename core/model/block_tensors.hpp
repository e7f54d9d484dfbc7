#pragma once
/// The tensors of each block: shapes from the block, names from its naming table, and how tensor parallelism cuts them.

#include <vector>

#include "model/tensor_inventory.hpp"

namespace plimsoll {

/// Appends tensors to a list.
class TensorSink {
 public:
  explicit TensorSink(std::vector<Tensor>& out) : out_(out) {}

  /// A matrix [out, in] (or [in, out] when `transposed`), with a bias of `out` numbers where asked.
  struct Matrix {
    std::string_view block, expert{}, part{};
    u32 out = 0, in = 0;
    Role role{};
    Cut cut = Cut::whole;
    bool bias = false, transposed = false;
    u32 experts = 1;
    bool routed = false;     ///< in a bank that Transformers' class holds as fused parameters
    bool parameter = false;  ///< a parameter of its own class: an embedding, a router
  };
  void matrix(const Matrix& m);

  /// A vector of `width` numbers. `suffix` follows the part: ".weight", ".bias" or nothing.
  struct Vector {
    std::string_view block, part{}, suffix = ".weight";
    u32 width = 0;
    Role role{};
    Cut cut = Cut::whole;
  };
  void vector(const Vector& v);

  /// A tensor of any shape, as it is.
  void add(const Tensor& tensor) { out_.push_back(tensor); }

 private:
  std::vector<Tensor>& out_;
};

void list_norm(TensorSink& sink, std::string_view block, const Norm& norm, Role role);
void list_layer(TensorSink& sink, const LayerSpec& layer, u32 hidden_size);
/// What a multi-token prediction module adds to its layer.
void list_mtp_module(TensorSink& sink, const ModelSpec& model);

/// Experts of the bank a routed tensor belongs to, and how many of them serve a token.
u64 num_experts_of(const ModelSpec& model, const Tensor& tensor);
u64 experts_per_token_of(const ModelSpec& model, const Tensor& tensor);

}  // namespace plimsoll
