// llama.cpp 0.5.0-dev, src/llama-quant.cpp. Where two branches of it can hold, the first one here is the first one there.
#include "storage/llama_file_type.hpp"

#include <algorithm>

namespace plimsoll {

using enum LlamaFileType;
using enum GgmlType;

bool LlamaTypeChooser::is(std::initializer_list<LlamaFileType> files) const { return std::find(files.begin(), files.end(), file_) != files.end(); }

/// The first and the last eighth, and every third between them.
bool LlamaTypeChooser::more_bits(u32 number, u32 of) const {
  return number < of / 8 || number >= 7 * of / 8 || (number - of / 8) % 3 == 2;
}

GgmlType LlamaTypeChooser::output(bool fits_base) const {
  if (file_ == MXFP4_MOE || model_.falcon || !fits_base) return q8_0;
  if (is({IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ2_M, IQ3_XXS})) return q5_k;
  return base_ == q8_0 ? q8_0 : q6_k;
}

GgmlType LlamaTypeChooser::embedding() const {
  if (is({IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS})) return q2_k;
  if (is({IQ2_S, IQ2_M, IQ3_XXS})) return iq3_s;
  if (is({TQ1_0, TQ2_0, Q2_0})) return q4_k;
  return base_;
}

/// Files of two bits and fewer have rules of their own, which count tensors also where the others take the layer's number.
GgmlType LlamaTypeChooser::narrowest(TensorClass kind) {
  const bool wider = is({IQ2_S, IQ2_M});
  const GgmlType small = wider ? iq3_s : q2_k;
  if (kind == TensorClass::attention_v) {
    ++attention_v_;
    return model_.query_groups >= 4 || model_.experts >= 4 ? q4_k : small;
  }
  if (kind == TensorClass::attention_k && model_.experts == 8) return q4_k;
  if (kind == TensorClass::ffn_down) return ffn_down_++ < model_.blocks / 8 ? small : base_;
  if (kind != TensorClass::attention_output) return base_;
  if (model_.experts == 8) return q5_k;
  if (is({IQ1_S, IQ1_M})) return iq2_xxs;
  return wider ? iq3_s : base_;
}

GgmlType LlamaTypeChooser::attention_v(u32 number) const {
  const bool grouped = model_.query_groups >= 4;
  GgmlType type = base_;
  switch (file_) {
    case Q2_K: type = grouped ? q4_k : q3_k; break;
    case Q2_K_S:
    case IQ3_XS:
    case IQ3_S: type = grouped ? q4_k : base_; break;
    case IQ3_XXS: type = grouped ? q4_k : model_.imatrix ? iq3_xxs : iq3_s; break;
    case IQ3_M: type = q4_k; break;
    case Q3_K_M: type = number < 2 ? q5_k : q4_k; break;
    case Q3_K_L: type = q5_k; break;
    case IQ4_NL:
    case IQ4_XS: type = grouped ? q5_k : base_; break;
    case Q4_K_M:
    case Q5_K_M: type = more_bits(number, model_.attention_v_tensors) ? q6_k : base_; break;
    case Q4_K_S: type = number < 4 ? q5_k : base_; break;
    default: break;
  }
  if (model_.seventy_b && (type == q3_k || type == q4_k)) type = q5_k;
  return model_.experts == 8 ? q8_0 : type;
}

GgmlType LlamaTypeChooser::attention_output() const {
  if (model_.falcon) return file_ == Q3_K_L ? q4_k : base_;
  if (model_.experts == 8)
    return is({Q2_K, IQ3_XS, IQ3_XXS, Q3_K_S, Q3_K_M, IQ4_NL, Q4_K_S, Q4_K_M, IQ3_S, IQ3_M, IQ4_XS}) ? q5_k : base_;
  switch (file_) {
    case Q2_K: return q3_k;
    case IQ3_XXS: return iq3_s;
    case Q3_K_M:
    case IQ3_M: return q4_k;
    case Q3_K_L: return q5_k;
    default: return base_;
  }
}

GgmlType LlamaTypeChooser::ffn_down(u32 number) const {
  const u32 all = model_.blocks;
  const bool first = number < all / 8, more = more_bits(number, all), falcon = model_.falcon;
  switch (file_) {
    case Q2_K: return q3_k;
    case Q2_K_S: return first ? q4_k : base_;
    case IQ3_XXS: return model_.imatrix ? base_ : first ? q4_k : q3_k;
    case Q3_K_M: return number < all / 16 ? q5_k : !falcon || more ? q4_k : q3_k;
    case IQ3_M: return first || (model_.experts == 8 && more) ? q4_k : base_;
    case Q3_K_L: return falcon ? q4_k : q5_k;
    case Q4_K_M:
      if (falcon) return number < all / 16 ? q6_k : more ? q5_k : q4_k;
      return more ? q6_k : base_;
    case IQ4_NL:
    case IQ4_XS: return first && !model_.imatrix ? q5_k : base_;
    case Q5_K_M: return more ? q6_k : base_;
    case Q4_K_S: return first && !falcon ? q5_k : base_;
    case Q4_0: return first && model_.imatrix ? q4_1 : base_;
    case Q5_0: return first && model_.imatrix ? q5_1 : base_;
    default: return base_;
  }
}

GgmlType LlamaTypeChooser::next(const QuantizedTensor& tensor, bool fits_base) {
  if (is({F32, F16, BF16})) return base_;
  if (tensor.kind == TensorClass::output || (tensor.kind == TensorClass::embedding && model_.tied)) return output(fits_base);
  if (file_ == MXFP4_MOE) return tensor.planes ? mxfp4 : q8_0;
  if (tensor.kind == TensorClass::embedding) return embedding();
  if (is({IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ2_M})) return narrowest(tensor.kind);
  // experts lie in one tensor a layer, beside those of shared experts: then the layer's number counts
  const auto numbered = [&](u32& counter) { return model_.experts > 1 ? (++counter, tensor.block) : counter++; };
  const auto middle = [&](u32 number) { return file_ == IQ3_XS && number >= model_.blocks / 8 && number < 7 * model_.blocks / 8 ? iq3_xxs : base_; };
  switch (tensor.kind) {
    case TensorClass::attention_v: return attention_v(attention_v_++);
    case TensorClass::attention_k:
      if (model_.experts == 8) return q8_0;
      [[fallthrough]];
    case TensorClass::attention_q: return file_ == IQ3_XS ? iq3_xxs : file_ == IQ3_XXS ? iq2_s : base_;
    case TensorClass::attention_output: return attention_output();
    case TensorClass::ffn_down: return ffn_down(numbered(ffn_down_));
    case TensorClass::ffn_gate: return middle(numbered(ffn_gate_));
    case TensorClass::ffn_up: return middle(numbered(ffn_up_));
    case TensorClass::embedding:
    case TensorClass::output:
    case TensorClass::other: break;
  }
  return base_;
}

std::optional<GgmlType> type_for_odd_rows(GgmlType type, u64 block_elements) {
  switch (type) {
    case iq1_s:
    case iq1_m:
    case iq2_xxs:
    case iq2_xs:
    case iq2_s:
    case iq3_xxs:
    case iq3_s:
    case iq4_xs: return iq4_nl;
    case q2_0:
    case q2_k:
    case q3_k:
    case tq1_0:
    case tq2_0: return q4_0;
    case q4_k: return q5_0;
    case q5_k: return q5_1;
    case q6_k: return q8_0;
    default: break;
  }
  if (block_elements <= 32) return f16;
  return std::nullopt;
}

bool needs_imatrix(GgmlType type, TensorClass kind, LlamaFileType file) {
  if (kind == TensorClass::embedding || kind == TensorClass::output) return false;
  switch (type) {
    case iq3_xxs:
    case iq2_xxs:
    case iq2_xs:
    case iq2_s:
    case iq1_m:
    case iq1_s: return true;
    case q2_k: return file == Q2_K_S;
    default: return false;
  }
}

}  // namespace plimsoll
