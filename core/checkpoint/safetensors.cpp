// A safetensors file: eight bytes with the header's length, the header as JSON, then the tensors without gaps.

#include <algorithm>

#include "checkpoint/header_json.hpp"
#include "checkpoint/header_reader.hpp"
#include "checkpoint/stored_types.hpp"
#include "messages.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view shape_form = "[12, 34]", offsets_form = "[0, 816]";

/// {"name": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}, "__metadata__": {"format": "pt"}}
class TensorSink final : public JsonSink {
 public:
  TensorSink(Checkpoint& out, const std::string& file, u64 data_begin) : out_(&out), file_(&file), data_begin_(data_begin) {}

  bool take(JsonToken token, std::string_view text) override {
    switch (token) {
      case JsonToken::object_begin: return begin_object();
      case JsonToken::object_end: return end_object();
      case JsonToken::array_begin: return begin_array();
      case JsonToken::array_end: return end_array();
      case JsonToken::key: return key(text);
      case JsonToken::string: return string(text);
      case JsonToken::number: return number(text);
      case JsonToken::word: return ignored() || wrong(expected(), text);
    }
    return false;
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  enum class In { dtype, shape, data_offsets, other };

  /// Inside a field that only other readers know.
  [[nodiscard]] bool ignored() const { return depth_ >= 2 && !metadata_ && in_ == In::other; }
  [[nodiscard]] StoredTensor& tensor() { return out_->tensors.back(); }
  [[nodiscard]] std::string place(std::string_view field = {}) const {
    return metadata_ ? place_of_tensor(*file_, "__metadata__", field) : depth_ == 0 ? *file_ : place_of_tensor(*file_, out_->name_of(out_->tensors.back()), field);
  }
  [[nodiscard]] std::string_view expected() const {
    if (depth_ < 2 || metadata_) return depth_ < 2 ? "{...}" : "\"...\"";
    return in_ == In::dtype ? "\"BF16\"" : in_ == In::shape ? shape_form : offsets_form;
  }

  bool fail(Error error) {
    error_ = std::move(error);
    return false;
  }
  bool wrong(std::string_view wanted, std::string_view found) { return fail(make_error(Say::wrong_kind, place(field_), {wanted, cut(found, 40)})); }

  bool begin_object() {
    if (depth_ >= 2 && !ignored()) return wrong(expected(), "{...}");
    if (++depth_ != 2) return true;
    in_ = In::other;
    has_dtype_ = has_shape_ = has_offsets_ = false;
    return true;
  }

  bool begin_array() {
    const bool list = depth_ == 2 && !metadata_ && (in_ == In::shape || in_ == In::data_offsets);
    if (!list && !ignored()) return wrong(expected(), "[...]");
    ++depth_;
    if (in_ == In::data_offsets) offsets_ = 0;
    return true;
  }

  bool end_array() {
    if (--depth_ != 2 || metadata_) return true;
    if (in_ == In::data_offsets && offsets_ != 2) return wrong(offsets_form, "[...]");
    return true;
  }

  bool end_object() {
    if (--depth_ != 1) return true;
    field_.clear();
    if (metadata_) {
      metadata_ = false;
      return true;
    }
    return finish_tensor();
  }

  bool key(std::string_view text) {
    if (depth_ == 1) {
      field_.clear();
      metadata_ = text == "__metadata__";
      if (metadata_) return true;
      if (text.size() > longest_name) return fail(make_error(Say::name_too_long, place_of_tensor(*file_, text), {digits(text.size()), digits(longest_name)}));
      out_->add(text);
      return true;
    }
    if (depth_ != 2 || metadata_) return true;
    field_ = std::string(cut(text, 40));
    in_ = text == "dtype" ? In::dtype : text == "shape" ? In::shape : text == "data_offsets" ? In::data_offsets : In::other;
    bool* const seen = in_ == In::dtype ? &has_dtype_ : in_ == In::shape ? &has_shape_ : in_ == In::data_offsets ? &has_offsets_ : nullptr;
    if (seen != nullptr && *seen) return fail(make_error(Say::tensor_twice, place(field_)));
    if (seen != nullptr) *seen = true;
    return true;
  }

  bool string(std::string_view text) {
    if (ignored() || (metadata_ && depth_ == 2)) return true;
    if (depth_ != 2 || in_ != In::dtype) return wrong(expected(), text);
    const auto type = safetensors_type(text);
    if (!type) return fail(make_error(Say::tensor_type_unknown, place(field_), {cut(text, 40)}));
    type_ = *type;
    return true;
  }

  bool number(std::string_view text) {
    if (ignored()) return true;
    if (depth_ != 3 || metadata_ || in_ == In::dtype) return wrong(expected(), text);
    const auto value = whole_number(text);
    if (!value) return fail(make_error(Say::not_whole, place(field_), {cut(text, 40)}));
    if (in_ == In::shape) {
      if (tensor().rank == most_axes) return fail(make_error(Say::too_many_axes, place(field_), {digits(most_axes + 1), digits(most_axes)}));
      ++tensor().rank;
      out_->dimensions.push_back(*value);
      return true;
    }
    if (offsets_ == 2) return wrong(offsets_form, "[...]");
    offset_[offsets_++] = *value;
    return true;
  }

  bool finish_tensor() {
    for (const auto& [seen, name] : {std::pair{has_dtype_, "dtype"}, {has_shape_, "shape"}, {has_offsets_, "data_offsets"}})
      if (!seen) return fail(make_error(Say::tensor_field_missing, place(), {name}));
    Checked elements = 1;
    for (u8 axis = 0; axis < tensor().rank; ++axis) elements = elements * out_->shape_of(tensor())[axis];
    const Checked bytes = stored_bytes(type_, elements);
    if (bytes.overflowed || offset_[1] > ~0ULL - data_begin_) return fail(make_error(Say::too_big, place("shape")));
    if (offset_[1] < offset_[0]) return fail(make_error(Say::below_least, place("data_offsets"), {digits(offset_[1]), digits(offset_[0])}));
    if (bytes.value != offset_[1] - offset_[0])
      return fail(make_error(Say::tensor_size_differs, place("data_offsets"), {digits(bytes.value), digits(offset_[1] - offset_[0])}));
    tensor().type = type_.name;
    tensor().bytes = bytes.value;
    tensor().offset = data_begin_ + offset_[0];
    return true;
  }

  Checkpoint* out_;
  const std::string* file_;
  u64 data_begin_;
  std::optional<Error> error_;
  u32 depth_ = 0;
  bool metadata_ = false, has_dtype_ = false, has_shape_ = false, has_offsets_ = false;
  In in_ = In::other;
  std::string field_;
  StoredType type_;
  u32 offsets_ = 0;
  u64 offset_[2] = {0, 0};
};

/// Every byte behind the header belongs to exactly one tensor.
std::optional<Error> check_places(const Checkpoint& header, const std::string& file, u64 begin, u64 size) {
  std::vector<const StoredTensor*> order;
  for (const StoredTensor& tensor : header.tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const StoredTensor* a, const StoredTensor* b) { return a->offset != b->offset ? a->offset < b->offset : a->bytes < b->bytes; });
  u64 end = begin;
  for (const StoredTensor* tensor : order) {
    if (tensor->offset != end)
      return make_error(Say::tensor_not_next, place_of_tensor(file, header.name_of(*tensor), "data_offsets"), {digits(tensor->offset), digits(end)});
    end += tensor->bytes;
  }
  if (end > size) return make_error(Say::file_truncated, file, {digits(size), digits(end)});
  if (end < size) return make_error(Say::file_too_long, file, {digits(size), digits(end)});
  return std::nullopt;
}

class SafetensorsReader final : public HeaderReader {
 public:
  SafetensorsReader(std::string name, u64 size) : name_(std::move(name)), size_(size), left_{0, 8} {}

  [[nodiscard]] std::optional<Slice> wanted() const override { return left_.size > 0 ? std::optional<Slice>(left_) : std::nullopt; }

  std::optional<Error> feed(std::string_view bytes) override {
    if (bytes.size() != left_.size) return make_error(Say::file_truncated, name_, {digits(left_.offset + bytes.size()), digits(left_.offset + left_.size)});
    read_ = left_.offset + left_.size;
    return left_.offset == 0 ? feed_length(bytes) : feed_header(bytes);
  }

  Checkpoint take() override {
    header_.kind = CheckpointKind::safetensors;
    header_.files.push_back({name_, size_, read_});
    return std::move(header_);
  }

 private:
  std::optional<Error> feed_length(std::string_view bytes) {
    u64 length = 0;
    for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
    if (length > header_limit) return make_error(Say::header_too_large, name_, {digits(length), digits(header_limit)});
    if (auto error = check_header_size(name_, 8 + length, size_, 8 + header_limit)) return error;
    if (length == 0) return make_error(Say::header_not_json, place_of_byte(name_, 8), {"8"});
    left_ = {8, length};
    return std::nullopt;
  }

  std::optional<Error> feed_header(std::string_view bytes) {
    const u64 begin = 8 + left_.size;
    TensorSink sink(header_, name_, begin);
    JsonFeed feed(sink);
    if (!feed.feed(bytes) || !feed.finish()) return sink.error() ? *sink.error() : error_of(feed, name_, 8);
    left_ = {};
    if (auto error = check_names(header_, name_)) return error;
    return check_places(header_, name_, begin, size_);
  }

  std::string name_;
  u64 size_, read_ = 0;
  Slice left_;
  Checkpoint header_;
};

}  // namespace

std::unique_ptr<HeaderReader> safetensors_reader(std::string name, u64 size) { return std::make_unique<SafetensorsReader>(std::move(name), size); }

}  // namespace plimsoll
