#pragma once
/// How a tensor is stored on the device: a list of parts, each of items of `item_bits`. Fractions of a byte per weight cannot be
/// written; scales, tables and offsets are parts of their own, block formats with scales inside are one part with larger items.

#include <optional>
#include <string_view>
#include <vector>

#include "units.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

/// What the items of a part are counted over. Each way has its formulas in part_formulas.cpp.
enum class Counted {
  row,    ///< each row of the last axis: a started item is a whole one, and rows end on whole bytes
  grid,   ///< items along the outputs times items along the inputs of the linear operator
  flat,   ///< all elements of the tensor in one run, without regard to rows
  tensor  ///< a fixed number for the tensor, whatever its shape
};
PLIMSOLL_ENUM_NAMES(Counted, "Counted", "row", "grid", "flat", "tensor");

/// Where a part is: some are only in a checkpoint, some only in memory.
enum class Held {
  everywhere,
  checkpoint,  ///< the checkpoint alone: a text with settings
  memory       ///< the device alone: what is made when the checkpoint is loaded
};
PLIMSOLL_ENUM_NAMES(Held, "Held", "everywhere", "checkpoint", "memory");

/// A number of a format: as written, or the parameter of this name, which a recipe or a checkpoint's own config binds.
struct Amount {
  u32 value = 1;
  std::string_view parameter{};

  constexpr Amount() = default;
  constexpr Amount(u32 number, std::string_view name = {}) : value(number), parameter(name) {}  // implicit: a number is one
};

/// Items along one axis: groups of elements, then their numbers packed into words.
template <class Number>
struct AxisOf {
  bool one = true;          ///< one item, whatever the axis
  Number group = 1;         ///< elements of one item; 0: the axis is one group
  bool drops_rest = false;  ///< a group that is not full has none
  Number pack_bits = 1;     ///< of each number in a word ...
  Number word_bits = 1;     ///< ... of so many bits
  bool drops_word = false;  ///< a word that is not full is left out
};

template <class Number>
struct PartOf {
  std::string_view name;
  Number item_bits = 0;
  Number elements_per_item = 1;   ///< of row
  Counted counted = Counted::row;
  Number items = 1;               ///< in each place; of tensor: in all
  std::string_view tensor{};      ///< its own name inside its module, "weight.absmax"; empty: it is the weight itself
  AxisOf<Number> outputs{}, inputs{};  ///< of grid; of flat the axis `inputs` is all elements
  Held held = Held::everywhere;
  bool second_of_pair = false;    ///< counted as what a tensor of twice the outputs has beyond one of them
  bool joined = false;            ///< its name continues the tensor's own instead of the module's: "gate_up_proj" + "_scales"
};

/// A part with every number known.
using FormatPart = PartOf<u32>;

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
  std::string_view bias{};  ///< format of the operator's bias, where the method gives it one of its own
  bool bounded = false;     ///< the sizes are an average that the method aims at, not a layout

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

}  // namespace plimsoll
