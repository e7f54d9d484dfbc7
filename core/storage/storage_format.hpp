#pragma once
/// How a tensor is stored on the device: a list of parts, each of items of `item_bits`. Fractions of a byte per weight cannot be
/// written; scales, tables and offsets are parts of their own, block formats with scales inside are one part with larger items.

#include <optional>
#include <string_view>
#include <vector>

#include "units.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

/// What the items of a part are counted over. Each way has one formula, in weights.cpp.
enum class Counted {
  row,         ///< each row of the last axis: a started item is a whole one, and rows end on whole bytes
  flat,        ///< all elements of the tensor in one run, without regard to rows
  output_row,  ///< one item for each output of the linear operator
  tensor       ///< a fixed number for the tensor, whatever its shape
};
PLIMSOLL_ENUM_NAMES(Counted, "Counted", "row", "flat", "output_row", "tensor");

struct FormatPart {
  std::string_view name;
  u32 item_bits = 0;
  u32 elements_per_item = 1;    ///< of row and flat
  Counted counted = Counted::row;
  u32 items = 1;                ///< of tensor
  std::string_view tensor{};    ///< its own name inside its module, "weight.absmax"; empty: it is the weight itself
};

/// How a linear operator multiplies by a weight in a format.
enum class ProductWay {
  direct,       ///< the weight is read as it is stored
  dequantised,  ///< a copy in the compute dtype is made first, unless a fused kernel reads the packed weight
  int8          ///< the input is quantised too, and the product is made in int32
};
PLIMSOLL_ENUM_NAMES(ProductWay, "ProductWay", "direct", "dequantised", "int8");

struct Product {
  ProductWay way{};
  u64 fused_rows = 0;      ///< up to so many rows of input a fused kernel is taken on every device
  u64 unfused_rows = 0;    ///< from so many on on none; between, the library asks which device it is
  u64 fused_multiple = 1;  ///< inputs of another multiple are never fused
  u64 scale_elements = 0;  ///< elements of one scale, where scales are dequantised to 32 bit first; 0: they are stored so
  std::string_view source{};
};

struct StorageFormat {
  std::string_view id, name, source;
  std::vector<FormatPart> parts;
  Product product{};
  std::optional<u32> ggml_type{};  ///< its number in ggml's enum, by which a GGUF file names it; empty where ggml lacks it
  bool kv_cache = false;           ///< a cache of keys and values may be asked for in it

  /// Bytes of one element where every element takes the same whole number of bytes; 0 elsewhere.
  [[nodiscard]] u32 whole_bytes() const;
  /// Whether a row takes the same bytes wherever it stands: what one leaf can show.
  [[nodiscard]] bool by_rows() const;
};

/// Bytes of one row (the last axis of a tensor) in a format that is counted by rows.
///
/// Formula  sum over parts of ceil(ceil(elements / elements_per_item) * item_bits / 8): items are padded for each row, as the
///          block formats store them, and bytes for each part
/// Tested   tests/core/storage_format_test.cpp
Checked row_bytes(u64 elements, const StorageFormat& format);

/// Which tensors of its roles a rule is for.
enum class RecipeTensors {
  every,
  linear  ///< weights of nn.Linear, and of GPT-2's Conv1D: what quantisers replace
};
PLIMSOLL_ENUM_NAMES(RecipeTensors, "RecipeTensors", "every", "linear");

/// The format of a rule that leaves tensors in the type that the model was loaded in.
inline constexpr std::string_view models_dtype = "dtype";

/// Which tensor gets which format. The first rule that holds a tensor wins: its roles hold the tensor's role ("*" holds every role),
/// and it is for every tensor or for this kind.
struct RecipeRule {
  std::vector<std::string_view> roles;
  std::string_view format;  ///< id, or `models_dtype`
  RecipeTensors only{};
};

/// Who decides which tensor gets which format.
enum class RecipePolicy {
  roles,            ///< the recipe's rules, by what a tensor is for
  llama_file_type   ///< llama-quantize, tensor by tensor: llama_file_type.hpp
};
PLIMSOLL_ENUM_NAMES(RecipePolicy, "RecipePolicy", "roles", "llama_file_type");

struct QuantizationRecipe {
  std::string_view id, name, source;
  std::vector<RecipeRule> rules;
  RecipePolicy policy = RecipePolicy::roles;
  std::string_view file_type{}, base{};  ///< of llama_file_type: its name, and the format of tensors that no rule picks

  /// Format for a role; empty when no rule holds it (lint rule recipe-is-total prevents that).
  [[nodiscard]] std::string_view format_for(std::string_view role, bool is_linear) const;
  /// One format for every tensor: an idealisation, unless it is a data type.
  [[nodiscard]] bool uniform() const { return rules.size() == 1; }
};

}  // namespace plimsoll
