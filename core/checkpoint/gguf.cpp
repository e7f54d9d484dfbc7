// A GGUF file: counts, metadata, tensor infos, then the tensors, each on a multiple of the alignment. The header's length is not stated,
// so it is read piece by piece until the last info is whole.

#include <algorithm>
#include <cstring>

#include "checkpoint/header_json.hpp"
#include "checkpoint/header_reader.hpp"
#include "checkpoint/stored_types.hpp"
#include "messages.hpp"

namespace plimsoll {
namespace {

constexpr u64 least_piece = 256 << 10, most_piece = 2 << 20;
constexpr u64 longest_kept = 4096;  // of a text
constexpr u64 most_listed = 4096;   // of a list's items: layers of a model
constexpr u64 least_pair = 8 + 1 + 4 + 1, least_info = 8 + 1 + 4 + 4 + 8;  // bytes of the shortest entries
constexpr u64 most_gguf_axes = 4;

enum ValueType : u32 { u8_value, i8_value, u16_value, i16_value, u32_value, i32_value, f32_value, flag, text, list, u64_value, i64_value, f64_value };

/// Bytes of one value; 0 for what has no fixed length.
u64 size_of(u32 type) {
  switch (type) {
    case u8_value:
    case i8_value:
    case flag: return 1;
    case u16_value:
    case i16_value: return 2;
    case u32_value:
    case i32_value:
    case f32_value: return 4;
    case u64_value:
    case i64_value:
    case f64_value: return 8;
    default: return 0;
  }
}

/// Reads little-endian values from what is there. Where something is cut off, `needed` says how far the bytes would have to reach, and every
/// later answer is harmless.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  u64 number(u64 size) {
    const std::string_view raw = take(size);
    u64 value = 0;
    for (std::size_t i = raw.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(raw[i]);
    return value;
  }
  std::string_view take(u64 size) {
    if (needed_ == 0 && size > bytes_.size() - at_) needed_ = size > ~0ULL - at_ ? ~0ULL : at_ + size;
    if (needed_ != 0) return {};
    const std::string_view taken = bytes_.substr(at_, static_cast<std::size_t>(size));
    at_ += taken.size();
    return taken;
  }
  std::string_view string() { return take(number(8)); }

  [[nodiscard]] u64 needed() const { return needed_; }  ///< 0: nothing was cut off
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  u64 needed_ = 0;
};

/// The shortest decimal that is exact to six digits: enough for a reader, and no sizes are real numbers.
std::string real_text(double value) {
  if (!(value > -1e12 && value < 1e12)) return value != value ? "nan" : value > 0 ? "inf" : "-inf";  // millionths of more are no u64
  const bool negative = value < 0;
  const double size = negative ? -value : value;
  const u64 millionths = static_cast<u64>(size * 1e6 + 0.5);
  std::string out = (negative ? "-" : "") + digits(millionths / 1000000);
  std::string rest = digits(1000000 + millionths % 1000000).substr(1);
  while (!rest.empty() && rest.back() == '0') rest.pop_back();
  return rest.empty() ? out : out + "." + rest;
}

std::string value_text(u32 type, u64 raw) {
  const auto signed_text = [](i64 value) { return value < 0 ? "-" + digits(0 - static_cast<u64>(value)) : digits(static_cast<u64>(value)); };
  switch (type) {
    case i8_value: return signed_text(static_cast<std::int8_t>(raw));
    case i16_value: return signed_text(static_cast<std::int16_t>(raw));
    case i32_value: return signed_text(static_cast<std::int32_t>(raw));
    case i64_value: return signed_text(static_cast<i64>(raw));
    case flag: return raw != 0 ? "true" : "false";
    case f32_value: {
      const u32 low = static_cast<u32>(raw);
      float value = 0;
      std::memcpy(&value, &low, sizeof value);
      return real_text(static_cast<double>(value));
    }
    case f64_value: {
      double value = 0;
      std::memcpy(&value, &raw, sizeof value);
      return real_text(value);
    }
    default: return digits(raw);
  }
}

class GgufReader final : public HeaderReader {
 public:
  GgufReader(std::string name, u64 size) : name_(std::move(name)), size_(size) {}

  [[nodiscard]] std::optional<Slice> wanted() const override {
    if (stage_ == Stage::done) return std::nullopt;
    return Slice{read_, std::min(std::clamp(read_, least_piece, most_piece), size_ - read_)};  // as much again: few requests, little too much
  }

  std::optional<Error> feed(std::string_view bytes) override {
    buffer_.erase(0, at_);
    at_ = 0;
    buffer_.append(bytes);
    read_ += bytes.size();
    while (stage_ != Stage::done) {
      Cursor cursor(std::string_view(buffer_).substr(at_));
      auto error = read_entry(cursor);
      if (cursor.needed() != 0) return check_reach(cursor.needed(), bytes.empty());
      if (error) return error;
      at_ += cursor.at();
      consumed_ += cursor.at();
      if (stage_ != Stage::counts && strings_left_ == 0 && pairs_left_ == 0) stage_ = infos_left_ > 0 ? Stage::infos : Stage::done;
    }
    buffer_ = {};
    return finish();
  }

  Checkpoint take() override {
    header_.kind = CheckpointKind::gguf;
    header_.files.push_back({name_, size_, read_});
    return std::move(header_);
  }

 private:
  enum class Stage { counts, pairs, infos, done };

  /// What is cut off here may follow in the next piece, unless the file or the limit ends before.
  std::optional<Error> check_reach(u64 needed, bool no_more) const {
    const u64 end = needed > ~0ULL - consumed_ ? ~0ULL : consumed_ + needed;
    if (end > size_ || no_more) return make_error(Say::file_truncated, place_of_byte(name_, consumed_), {digits(size_), digits(end)});
    if (end > header_limit) return make_error(Say::header_too_large, place_of_byte(name_, consumed_), {digits(end), digits(header_limit)});
    return std::nullopt;
  }

  std::optional<Error> read_entry(Cursor& cursor) {
    switch (stage_) {
      case Stage::counts: return read_counts(cursor);
      case Stage::pairs: return strings_left_ > 0 ? skip_string(cursor) : read_pair(cursor);
      case Stage::infos: return read_info(cursor);
      case Stage::done: break;
    }
    return std::nullopt;
  }

  std::optional<Error> read_counts(Cursor& cursor) {
    const std::string_view magic = cursor.take(4);
    if (cursor.needed() == 0 && magic != "GGUF") return make_error(Say::gguf_magic, place_of_byte(name_, 0));
    const u64 version = cursor.number(4);
    const u64 tensors = cursor.number(8), pairs = cursor.number(8);
    if (cursor.needed() != 0) return std::nullopt;
    if (version != 0 && (version & 0xFFFF) == 0) return make_error(Say::gguf_big_endian, place_of_byte(name_, 4));
    if (version != 2 && version != 3) return make_error(Say::gguf_version, place_of_byte(name_, 4), {digits(version)});
    const u64 left = std::min(size_, header_limit) - std::min<u64>(std::min(size_, header_limit), cursor.at());
    if (tensors > left / least_info) return make_error(Say::count_impossible, place_of_byte(name_, 8), {digits(tensors), digits(left)});
    if (pairs > left / least_pair) return make_error(Say::count_impossible, place_of_byte(name_, 16), {digits(pairs), digits(left)});
    infos_left_ = tensors, pairs_left_ = pairs;
    stage_ = Stage::pairs;
    return std::nullopt;
  }

  std::optional<Error> read_pair(Cursor& cursor) {
    const std::string_view key = cursor.string();
    const u32 type = static_cast<u32>(cursor.number(4));
    if (cursor.needed() != 0) return std::nullopt;
    if (key.size() > longest_name) return make_error(Say::name_too_long, place_of_byte(name_, consumed_), {digits(key.size()), digits(longest_name)});
    if (key.empty() || !is_utf8(key)) return make_error(Say::header_not_text, place_of_byte(name_, consumed_), {digits(consumed_)});
    GgufMetadata entry;
    if (auto error = type == list ? read_list(cursor, key, entry) : read_value(cursor, key, type, entry)) return error;
    if (cursor.needed() != 0) return std::nullopt;
    if (!header_.metadata.emplace(std::string(key), std::move(entry)).second) return make_error(Say::tensor_twice, place_of_tensor(name_, key));
    if (strings_left_ == 0) --pairs_left_;
    return std::nullopt;
  }

  std::optional<Error> read_value(Cursor& cursor, std::string_view key, u32 type, GgufMetadata& entry) const {
    if (type == text) {
      const std::string_view value = cursor.string();
      entry.length = value.size();
      if (value.size() > longest_kept) return std::nullopt;
      if (!is_utf8(value)) return make_error(Say::header_not_text, place_of_tensor(name_, key), {digits(consumed_)});
      entry.text = std::string(value);
      return std::nullopt;
    }
    const u64 size = size_of(type);
    if (size == 0) return make_error(Say::gguf_value_type, place_of_tensor(name_, key), {digits(type)});
    const u64 raw = cursor.number(size);
    if (type == flag && raw > 1) return make_error(Say::gguf_flag, place_of_tensor(name_, key), {digits(raw)});
    entry.text = value_text(type, raw);
    return std::nullopt;
  }

  std::optional<Error> read_list(Cursor& cursor, std::string_view key, GgufMetadata& entry) {
    const u32 type = static_cast<u32>(cursor.number(4));
    entry.length = cursor.number(8);
    if (cursor.needed() != 0) return std::nullopt;
    const u64 size = size_of(type);
    if (size == 0 && type != text) return make_error(Say::gguf_value_type, place_of_tensor(name_, key), {digits(type)});
    const u64 left = std::min(size_, header_limit) - std::min(std::min(size_, header_limit), consumed_);
    if (entry.length > left / (type == text ? 8 : size)) return make_error(Say::count_impossible, place_of_tensor(name_, key), {digits(entry.length), digits(left)});
    if (type == text) {
      strings_left_ = entry.length;
      return std::nullopt;
    }
    if (entry.length > most_listed) {
      cursor.take(entry.length * size);
      return std::nullopt;
    }
    for (u64 i = 0; i < entry.length && cursor.needed() == 0; ++i) {
      const u64 raw = cursor.number(size);
      if (type == flag && raw > 1) return make_error(Say::gguf_flag, place_of_tensor(name_, key), {digits(raw)});
      entry.text += (i == 0 ? "[" : ",") + value_text(type, raw);
    }
    entry.text += entry.length == 0 ? "[]" : "]";
    return std::nullopt;
  }

  /// Words of a vocabulary: counted, not kept.
  std::optional<Error> skip_string(Cursor& cursor) {
    cursor.string();
    if (cursor.needed() == 0 && --strings_left_ == 0) --pairs_left_;
    return std::nullopt;
  }

  std::optional<Error> read_info(Cursor& cursor) {
    const std::string_view name = cursor.string();
    const u64 axes = cursor.number(4);
    if (cursor.needed() != 0) return std::nullopt;
    if (name.size() > longest_name) return make_error(Say::name_too_long, place_of_byte(name_, consumed_), {digits(name.size()), digits(longest_name)});
    if (!is_utf8(name)) return make_error(Say::header_not_text, place_of_byte(name_, consumed_), {digits(consumed_)});
    if (axes > most_gguf_axes) return make_error(Say::too_many_axes, place_of_tensor(name_, name), {digits(axes), digits(most_gguf_axes)});
    u64 shape[most_gguf_axes] = {1, 1, 1, 1};
    for (u64 axis = 0; axis < axes; ++axis) shape[axis] = cursor.number(8);
    const u32 type_id = static_cast<u32>(cursor.number(4));
    const u64 offset = cursor.number(8);
    if (cursor.needed() != 0) return std::nullopt;
    const auto type = ggml_type(type_id);
    if (!type) return make_error(Say::tensor_type_unknown, place_of_tensor(name_, name), {digits(type_id)});
    if (shape[0] % type->block_elements != 0)
      return make_error(Say::row_not_whole_blocks, place_of_tensor(name_, name), {digits(shape[0]), digits(type->block_elements), type->name});
    const Checked bytes = stored_bytes(*type, Checked{shape[0]} * shape[1] * shape[2] * shape[3]);
    if (bytes.overflowed) return make_error(Say::too_big, place_of_tensor(name_, name, "shape"));
    StoredTensor& tensor = header_.add(name);
    tensor.rank = static_cast<u8>(axes);
    for (u64 axis = axes; axis-- > 0;) header_.dimensions.push_back(shape[axis]);  // ggml begins with the innermost
    tensor.type = type->name;
    tensor.bytes = bytes.value;
    tensor.offset = offset;
    --infos_left_;
    return std::nullopt;
  }

  std::optional<Error> finish() {
    if (const auto found = header_.metadata.find("general.alignment"); found != header_.metadata.end()) alignment_ = whole_number(found->second.text).value_or(0);
    if (alignment_ == 0 || alignment_ > (1U << 30) || (alignment_ & (alignment_ - 1)) != 0)
      return make_error(Say::gguf_alignment, place_of_tensor(name_, "general.alignment"), {digits(alignment_)});
    header_.alignment = alignment_;
    if (auto error = check_names(header_, name_)) return error;
    return check_places();
  }

  /// Tensors follow each other in the order of their infos, each padded to the alignment; ggml refuses anything else.
  std::optional<Error> check_places() {
    const u64 begin = ceil_div(consumed_, alignment_).value * alignment_;
    Checked next = 0;
    u64 end = consumed_;
    for (StoredTensor& tensor : header_.tensors) {
      if (tensor.offset != next.value)
        return make_error(Say::tensor_not_next, place_of_tensor(name_, header_.name_of(tensor), "offset"), {digits(tensor.offset), digits(next.value)});
      const Checked last = next + tensor.bytes + begin;
      next = ceil_div(next + tensor.bytes, alignment_) * alignment_;
      if (last.overflowed || next.overflowed) return make_error(Say::too_big, place_of_tensor(name_, header_.name_of(tensor), "offset"));
      tensor.offset += begin;
      end = last.value;
    }
    if (end > size_) return make_error(Say::file_truncated, name_, {digits(size_), digits(end)});
    return std::nullopt;
  }

  std::string name_;
  u64 size_, read_ = 0, consumed_ = 0;
  u64 pairs_left_ = 0, infos_left_ = 0, strings_left_ = 0, alignment_ = 32;
  Stage stage_ = Stage::counts;
  std::string buffer_;
  std::size_t at_ = 0;
  Checkpoint header_;
};

}  // namespace

std::unique_ptr<HeaderReader> gguf_reader(std::string name, u64 size) { return std::make_unique<GgufReader>(std::move(name), size); }

}  // namespace plimsoll
