#pragma once
/// The ggml type that llama-quantize gives each tensor of a GGUF file. A file type is a base type and rules about which tensors get
/// more bits; the rules are llama.cpp's code and are restated here, the base types are the catalogue's.

#include "storage/storage_format.hpp"

namespace plimsoll {

/// Types of files that llama-quantize writes, by the names of its command line.
enum class LlamaFileType {
  F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q1_0, Q2_0, Q2_K, Q2_K_S, Q3_K_S, Q3_K_M, Q3_K_L, Q4_K_S, Q4_K_M, Q5_K_S, Q5_K_M, Q6_K,
  IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ2_M, IQ3_XXS, IQ3_XS, IQ3_S, IQ3_M, IQ4_NL, IQ4_XS, TQ1_0, TQ2_0, MXFP4_MOE
};
PLIMSOLL_ENUM_NAMES(LlamaFileType, "LlamaFileType", "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q1_0", "Q2_0", "Q2_K", "Q2_K_S",
                    "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K", "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S",
                    "IQ2_M", "IQ3_XXS", "IQ3_XS", "IQ3_S", "IQ3_M", "IQ4_NL", "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4_MOE");

/// Types that tensors of such files have; the names are ids of the catalogue's formats.
enum class GgmlType : u8 {
  f32, f16, bf16, q4_0, q4_1, q5_0, q5_1, q8_0, q1_0, q2_0, q2_k, q3_k, q4_k, q5_k, q6_k, iq1_s, iq1_m, iq2_xxs, iq2_xs, iq2_s,
  iq3_xxs, iq3_s, iq4_nl, iq4_xs, tq1_0, tq2_0, mxfp4
};
PLIMSOLL_ENUM_NAMES(GgmlType, "GgmlType", "fp32", "fp16", "bf16", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q1_0", "q2_0", "q2_k", "q3_k", "q4_k",
                    "q5_k", "q6_k", "iq1_s", "iq1_m", "iq2_xxs", "iq2_xs", "iq2_s", "iq3_xxs", "iq3_s", "iq4_nl", "iq4_xs", "tq1_0", "tq2_0",
                    "ggml_mxfp4");

/// What the rules tell apart: tensor_category of llama-quant.cpp. attention_v holds attn_v, attn_qkv and attn_kv_b.
enum class TensorClass : u8 { embedding, output, attention_q, attention_k, attention_v, attention_output, ffn_up, ffn_gate, ffn_down, other };

/// What of a model the rules ask.
struct QuantizedModel {
  u32 blocks = 0;
  u32 attention_v_tensors = 0;  ///< of the whole file
  u32 query_groups = 0;         ///< query heads for each key/value head, rounded down; 0 where there are none
  u32 experts = 0;              ///< 0: no mixture
  bool seventy_b = false;       ///< llama.cpp calls its size "70B"
  bool falcon = false;          ///< its architecture is Falcon's, which the rules name
  bool tied = false;            ///< no tensor of its own for the output
  bool imatrix = false;         ///< an importance matrix is at hand
};

/// One tensor that may be quantised. Those that may not keep the type that they were converted to.
struct QuantizedTensor {
  TensorClass kind{};
  u32 block = 0;        ///< number of its layer
  bool planes = false;  ///< it has three axes: experts, latent attention's heads
};

/// Chooses the type of tensor after tensor, in the order of llama-quantize: outside blocks first, then block by block, each by name.
///
/// Source   llama-cpp-quantize: llama_tensor_get_type_impl, whose counters this keeps
/// Tested   tests/core/llama_file_type_test.cpp; conformance with llama-quantize's own choices, tensor by tensor
class LlamaTypeChooser {
 public:
  LlamaTypeChooser(LlamaFileType file, GgmlType base, const QuantizedModel& model) : file_(file), base_(base), model_(model) {}

  /// `fits_base`: its rows are whole blocks of the base type.
  GgmlType next(const QuantizedTensor& tensor, bool fits_base);

 private:
  [[nodiscard]] bool is(std::initializer_list<LlamaFileType> files) const;
  [[nodiscard]] bool more_bits(u32 number, u32 of) const;
  [[nodiscard]] GgmlType output(bool fits_base) const;
  [[nodiscard]] GgmlType embedding() const;
  [[nodiscard]] GgmlType attention_v(u32 number) const;
  [[nodiscard]] GgmlType attention_output() const;
  [[nodiscard]] GgmlType ffn_down(u32 number) const;
  GgmlType narrowest(TensorClass kind);

  LlamaFileType file_;
  GgmlType base_;
  QuantizedModel model_;
  u32 attention_v_ = 0, ffn_down_ = 0, ffn_gate_ = 0, ffn_up_ = 0;  ///< tensors chosen so far
};

/// The type instead of one whose blocks do not divide a row. No value: llama-quantize stops, as for Q1_0.
///
/// Assumes  the answer's own blocks are then tried: where they do not divide the row either, the tensor becomes f16
/// Source   llama-cpp-quantize: tensor_type_fallback
std::optional<GgmlType> type_for_odd_rows(GgmlType type, u64 block_elements);

/// Whether llama-quantize refuses to make a tensor of this type without an importance matrix.
bool needs_imatrix(GgmlType type, TensorClass kind, LlamaFileType file);

}  // namespace plimsoll
