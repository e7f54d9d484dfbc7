#pragma once
/// The ways of counting a part of a quantised matrix, each as one formula.

#include "report/formula.hpp"
#include "storage/storage_format.hpp"

namespace plimsoll {

/// The same for a tensor outside layers, of each layer, and of each expert of each layer.
struct PartFormulas {
  Formula once, layers, experts;
};

/// The formulas of a part that is not counted by rows, null for one that is. A way that no method counts in overflows: a catalogue with such
/// a part gives an error, not a number.
///
/// Shapes   weight [rows, cols]: outputs and inputs
/// Formula  ceil(items along the outputs * items along the inputs * n_t * bits_w / 8); along an axis of n: 1, n, ceil(n / g) or floor(n / g),
///          and then ceil or floor of that number * bits_p / word_w; g_o along the outputs, g_w along the inputs or all elements
/// Tested   tests/core/part_formulas_test.cpp, against every layout that the formats of the catalogue were read from
const PartFormulas* formulas_of(const FormatPart& part);

/// Sets what the formulas of a part use, where `values` has rows and cols.
void set_part_symbols(Values& values, const FormatPart& part);

/// Bytes of a part of one matrix, rows padded where it is counted by rows.
Checked part_bytes(const FormatPart& part, u64 rows, u64 cols);

}  // namespace plimsoll
