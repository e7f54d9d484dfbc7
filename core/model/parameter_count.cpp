#include "model/parameter_count.hpp"

#include <algorithm>
#include <numeric>

#include "json_writer.hpp"
#include "messages.hpp"

namespace plimsoll {
namespace {

constexpr u64 fewest = 100'000;
constexpr u64 most = 100'000'000'000'000;

/// 10^n for a unit; -1 for an unknown one.
int exponent_of(std::string_view unit) {
  if (unit.empty()) return 0;
  if (unit == "K" || unit == "k") return 3;
  if (unit == "M" || unit == "m") return 6;
  if (unit == "B" || unit == "b") return 9;
  if (unit == "T" || unit == "t") return 12;
  if (unit == "万") return 4;
  if (unit == "亿") return 8;
  return -1;
}

/// Decimal digits with one point, read exactly: 1.5 with exponent 12 is 1,500,000,000,000.
struct Decimal {
  u64 digits = 0;
  int places = 0;
  std::size_t length = 0;
};

Decimal read_decimal(std::string_view text) {
  Decimal d;
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9' && d.digits < most) {
      d.digits = d.digits * 10 + static_cast<u64>(c - '0');
      d.places += point ? 1 : 0;
    } else if (c != ',' && c != '_') {
      break;
    }
    ++d.length;
  }
  return d;
}

struct Shape {
  u64 hidden = 0, layers = 0, intermediate = 0;
  bool tied = false;
};

constexpr u64 vocabulary = 32'000;
constexpr u64 head = 128;

/// As many as divide the query heads, at most 8.
u64 key_value_heads(const Shape& s) { return std::gcd<u64, u64>(s.hidden / head, 8); }

/// Parameters of everything but the MLP matrices.
u64 without_mlp(const Shape& s) {
  const u64 key_value = key_value_heads(s) * head;
  return (s.tied ? 1 : 2) * vocabulary * s.hidden + s.hidden + s.layers * (2 * s.hidden * s.hidden + 2 * s.hidden * key_value + 2 * s.hidden);
}

Shape typical_shape(u64 parameters) {
  constexpr u64 small = 2'000'000'000;
  const u64 aspect = parameters < small ? 64 : 128;
  Shape best;
  u64 least = ~0ULL;
  for (u64 hidden = head; hidden <= 65'536; hidden += hidden < 8 * head ? head : 4 * head) {  // from 8 heads on, in fours
    Shape s{hidden, std::clamp<u64>(hidden / aspect, 1, 200), 0, parameters < small};
    const u64 rest = without_mlp(s);
    if (rest >= parameters && best.hidden != 0) break;
    const u64 per_width = 3 * hidden * s.layers;
    s.intermediate = rest >= parameters ? 16 : std::max<u64>(16, (parameters - rest + per_width * 8) / (per_width * 16) * 16);
    const u64 ratio = s.intermediate * 100 / hidden;  // Llama: 2.69 to 3.5 times the width
    const u64 off = ratio > 310 ? ratio - 310 : 310 - ratio;
    if (off >= least) continue;
    least = off;
    best = s;
  }
  return best;
}

}  // namespace

Result<u64> read_parameter_count(std::string_view text) {
  const auto refuse = [&] { return make_error(Say::bad_parameter_count, "request.model.parameter_count", {cut(text, 40)}); };
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  Decimal number = read_decimal(text);
  if (number.length == 0) return refuse();
  std::string_view unit = text.substr(number.length);
  int exponent = 0;
  if (!unit.empty() && (unit[0] == 'e' || unit[0] == 'E')) {
    const Decimal power = read_decimal(unit.substr(1));
    if (power.length == 0 || power.places != 0 || power.digits > 14) return refuse();
    exponent = static_cast<int>(power.digits);
    unit.remove_prefix(1 + power.length);
  }
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  const int scale = exponent_of(unit);
  if (scale < 0) return refuse();
  Checked count = number.digits;
  for (exponent += scale - number.places; exponent > 0; --exponent) count = count * 10;
  for (; exponent < 0; ++exponent) count = count / 10;
  if (count.overflowed || count.value < fewest || count.value > most) return refuse();
  return count.value;
}

std::string typical_config(u64 parameter_count) {
  const Shape shape = typical_shape(parameter_count);
  JsonWriter out;
  const auto number = [&](std::string_view key, u64 value) {
    out.key(key);
    out.number(value);
  };
  out.begin_object();
  out.key("model_type");
  out.text("llama");
  number("hidden_size", shape.hidden);
  number("num_hidden_layers", shape.layers);
  number("num_attention_heads", shape.hidden / head);
  number("num_key_value_heads", key_value_heads(shape));
  number("head_dim", head);
  number("intermediate_size", shape.intermediate);
  number("vocab_size", vocabulary);
  number("max_position_embeddings", 131'072);
  out.key("tie_word_embeddings");
  out.boolean(shape.tied);
  out.key("dtype");
  out.text("bfloat16");
  out.end_object();
  return out.take();
}

}  // namespace plimsoll
