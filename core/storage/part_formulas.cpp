#include "storage/part_formulas.hpp"

#include <array>

namespace plimsoll {
namespace {

enum class Way : u8 {
  one, each, groups, whole_groups,  // 1, n, ceil(n / g), floor(n / g)
  words, whole_words,               // ceil(n * bits_p / word_w), floor of the same
  groups_words, groups_whole_words  // the same of floor(n / g)
};

struct Counting {
  Counted counted{};
  Way outputs{}, inputs{};
  bool several = false;  // items in each place
  bool second = false;   // of a pair in one tensor
  bool operator==(const Counting&) const = default;
};

template <class Number>
constexpr Way way_of(const AxisOf<Number>& axis) {
  if (axis.one) return Way::one;
  const bool packs = axis.pack_bits != 1 || axis.word_bits != 1;
  if (packs && axis.group == 1) return axis.drops_word ? Way::whole_words : Way::words;
  if (packs) return axis.drops_word ? Way::groups_whole_words : Way::groups_words;
  if (axis.group == 1) return Way::each;
  return axis.drops_rest ? Way::whole_groups : Way::groups;
}

struct Counts {
  Counting counting;
  PartFormulas formulas;
};

#define PLIMSOLL_PART(items) \
  PartFormulas { "ceil_div(" items " * bits_w, 8)", "L * ceil_div(" items " * bits_w, 8)", "L * n_exp * ceil_div(" items " * bits_w, 8)" }

using enum Way;
constexpr Counted grid = Counted::grid, flat = Counted::flat;

constexpr auto table = std::to_array<Counts>({
    {{Counted::tensor, one, one}, PLIMSOLL_PART("n_t")},
    {{flat, one, groups}, PLIMSOLL_PART("ceil_div(rows * cols, g_w)")},
    {{flat, one, whole_groups}, PLIMSOLL_PART("(rows * cols / g_w)")},
    {{flat, one, whole_words}, PLIMSOLL_PART("(rows * cols * bits_p / word_w)")},
    {{flat, one, groups_whole_words}, PLIMSOLL_PART("(rows * cols / g_w * bits_p / word_w)")},
    {{flat, one, groups_words, true}, PLIMSOLL_PART("ceil_div(rows * cols / g_w * bits_p, word_w) * n_t")},
    {{flat, one, groups_whole_words, true}, PLIMSOLL_PART("(rows * cols / g_w * bits_p / word_w) * n_t")},
    {{grid, each, one}, PLIMSOLL_PART("rows")},
    {{grid, groups, one}, PLIMSOLL_PART("ceil_div(rows, g_o)")},
    {{grid, groups, one, true}, PLIMSOLL_PART("ceil_div(rows, g_o) * n_t")},
    {{grid, words, one}, PLIMSOLL_PART("ceil_div(rows * bits_p, word_w)")},
    {{grid, one, each}, PLIMSOLL_PART("cols")},
    {{grid, one, groups}, PLIMSOLL_PART("ceil_div(cols, g_w)")},
    {{grid, each, groups}, PLIMSOLL_PART("rows * ceil_div(cols, g_w)")},
    {{grid, each, whole_groups}, PLIMSOLL_PART("rows * (cols / g_w)")},
    {{grid, each, words}, PLIMSOLL_PART("rows * ceil_div(cols * bits_p, word_w)")},
    {{grid, each, groups_words}, PLIMSOLL_PART("rows * ceil_div(cols / g_w * bits_p, word_w)")},
    {{grid, words, each}, PLIMSOLL_PART("ceil_div(rows * bits_p, word_w) * cols")},
    {{grid, words, groups}, PLIMSOLL_PART("ceil_div(rows * bits_p, word_w) * ceil_div(cols, g_w)")},
    {{grid, words, whole_groups}, PLIMSOLL_PART("ceil_div(rows * bits_p, word_w) * (cols / g_w)")},
    {{grid, whole_words, each}, PLIMSOLL_PART("(rows * bits_p / word_w) * cols")},
    {{grid, groups, each}, PLIMSOLL_PART("ceil_div(rows, g_o) * cols")},
    {{grid, groups, groups}, PLIMSOLL_PART("ceil_div(rows, g_o) * ceil_div(cols, g_w)")},
    {{grid, groups, groups, false, true}, PLIMSOLL_PART("(max(2, ceil_div(2 * rows, g_o)) - ceil_div(rows, g_o)) * ceil_div(cols, g_w)")},
    {{grid, groups, groups, true}, PLIMSOLL_PART("ceil_div(rows, g_o) * ceil_div(cols, g_w) * n_t")},
    {{grid, groups, words}, PLIMSOLL_PART("ceil_div(rows, g_o) * ceil_div(cols * bits_p, word_w)")},
    {{grid, whole_groups, each}, PLIMSOLL_PART("(rows / g_o) * cols")},
    {{grid, whole_groups, groups}, PLIMSOLL_PART("(rows / g_o) * ceil_div(cols, g_w)")},
});
#undef PLIMSOLL_PART

/// The same way written with groups of one: a parameter may have that value.
constexpr Way with_groups(Way way) { return way == each ? groups : way == words ? groups_words : way == whole_words ? groups_whole_words : way; }

const PartFormulas* find(const Counting& asked) {
  for (const Counts& counts : table)
    if (counts.counting == asked) return &counts.formulas;
  return nullptr;
}

}  // namespace

const PartFormulas* formulas_of(const FormatPart& part) {
  if (part.counted == Counted::row) return nullptr;
  const bool several = part.counted != Counted::tensor && part.items != 1;
  Counting asked{part.counted, part.counted == Counted::grid ? way_of(part.outputs) : one, part.counted == Counted::tensor ? one : way_of(part.inputs),
                 several, part.second_of_pair};
  if (const PartFormulas* found = find(asked)) return found;
  asked.outputs = with_groups(asked.outputs);
  asked.inputs = with_groups(asked.inputs);
  const PartFormulas* found = find(asked);
  static constexpr Formula overflows{"0 - 1"};
  static constexpr PartFormulas none{overflows, overflows, overflows};
  return found != nullptr ? found : &none;
}

void set_part_symbols(Values& values, const FormatPart& part) {
  const bool packs_outputs = part.outputs.pack_bits != 1 || part.outputs.word_bits != 1;
  const AxisOf<u32>& packed = packs_outputs ? part.outputs : part.inputs;
  values[Symbol::g_o] = part.outputs.group != 0 ? part.outputs.group : values[Symbol::rows];
  values[Symbol::g_w] = part.counted == Counted::row ? part.elements_per_item : part.inputs.group != 0 ? part.inputs.group : values[Symbol::cols];
  values[Symbol::bits_p] = packed.pack_bits;
  values[Symbol::word_w] = packed.word_bits;
  values[Symbol::bits_w] = part.item_bits;
  values[Symbol::n_t] = part.items;
}

Checked part_bytes(const FormatPart& part, u64 rows, u64 cols) {
  if (part.counted == Counted::row) return Checked{rows} * row_bytes(cols, StorageFormat{.parts = {part}});
  const PartFormulas* formulas = formulas_of(part);
  Values values;
  values[Symbol::rows] = rows;
  values[Symbol::cols] = cols;
  set_part_symbols(values, part);
  return formulas->once.evaluate(values);
}

}  // namespace plimsoll
