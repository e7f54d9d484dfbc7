// The index of a sharded checkpoint: which file holds which tensor, and the bytes of all together. It names no shape and no type.

#include "checkpoint/header_json.hpp"
#include "checkpoint/header_reader.hpp"
#include "messages.hpp"

namespace plimsoll {
namespace {

/// {"metadata": {"total_size": 123}, "weight_map": {"model.norm.weight": "model-00001-of-00002.safetensors"}}
class IndexSink final : public JsonSink {
 public:
  IndexSink(Checkpoint& out, const std::string& file) : out_(&out), file_(&file) {}

  bool take(JsonToken token, std::string_view text) override {
    switch (token) {
      case JsonToken::object_begin:
      case JsonToken::array_begin: return begin(token == JsonToken::object_begin);
      case JsonToken::object_end:
      case JsonToken::array_end:
        --depth_;
        return true;
      case JsonToken::key: return key(text);
      case JsonToken::string: return string(text);
      case JsonToken::number: return number(text);
      case JsonToken::word: return depth_ >= 1 && part_ != Part::weight_map ? true : wrong(depth_ == 0 ? "{...}" : "\"model.safetensors\"", text);
    }
    return false;
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] bool has_map() const { return has_map_; }

 private:
  enum class Part { other, metadata, weight_map };

  [[nodiscard]] std::string place() const {
    if (part_ == Part::weight_map && depth_ == 2 && !out_->tensors.empty()) return place_of_tensor(*file_, out_->name_of(out_->tensors.back()));
    if (depth_ == 0) return *file_;
    return *file_ + (part_ == Part::weight_map ? ": weight_map" : part_ == Part::metadata ? ": metadata" : "") + (total_ ? ".total_size" : "");
  }
  bool fail(Error error) {
    error_ = std::move(error);
    return false;
  }
  bool wrong(std::string_view wanted, std::string_view found) { return fail(make_error(Say::wrong_kind, place(), {wanted, cut(found, 40)})); }

  bool begin(bool object) {
    if (depth_ == 0 && !object) return wrong("{...}", "[...]");
    if (part_ == Part::weight_map && depth_ == 1 && !object) return wrong("{...}", "[...]");
    if (part_ == Part::weight_map && depth_ >= 2) return wrong("\"model.safetensors\"", object ? "{...}" : "[...]");
    if (total_ && depth_ == 2) return wrong("123", object ? "{...}" : "[...]");
    ++depth_;
    return true;
  }

  bool key(std::string_view text) {
    if (depth_ == 1) {
      total_ = false;
      part_ = text == "weight_map" ? Part::weight_map : text == "metadata" ? Part::metadata : Part::other;
      if (part_ == Part::weight_map && has_map_) return fail(make_error(Say::tensor_twice, place_of_tensor(*file_, text)));
      has_map_ = has_map_ || part_ == Part::weight_map;
    } else if (depth_ == 2 && part_ == Part::metadata) {
      total_ = text == "total_size";
    } else if (depth_ == 2 && part_ == Part::weight_map) {
      if (text.size() > longest_name) return fail(make_error(Say::name_too_long, place_of_tensor(*file_, text), {digits(text.size()), digits(longest_name)}));
      out_->add(text);
    }
    return true;
  }

  bool string(std::string_view text) {
    if (part_ != Part::weight_map || depth_ == 0) return depth_ > 0 ? !total_ || wrong("123", text) : wrong("{...}", text);
    if (depth_ != 2) return wrong("{...}", text);
    if (text.size() > longest_name) return fail(make_error(Say::name_too_long, place(), {digits(text.size()), digits(longest_name)}));
    out_->tensors.back().file = file_number(text);
    return true;
  }

  bool number(std::string_view text) {
    if (depth_ == 0 || part_ == Part::weight_map) return wrong(depth_ < 2 ? "{...}" : "\"model.safetensors\"", text);
    if (!total_ || depth_ != 2) return true;
    const auto value = whole_number(text);
    if (!value) return fail(make_error(Say::not_whole, place(), {cut(text, 40)}));
    out_->total_size = *value;
    return true;
  }

  /// Neighbours mostly lie in the same file.
  u32 file_number(std::string_view name) {
    if (!out_->named_files.empty() && out_->named_files[last_] == name) return last_;
    const auto found = numbers_.find(name);
    if (found != numbers_.end()) return last_ = found->second;
    last_ = static_cast<u32>(out_->named_files.size());
    out_->named_files.emplace_back(name);
    numbers_.emplace(name, last_);
    return last_;
  }

  Checkpoint* out_;
  const std::string* file_;
  std::optional<Error> error_;
  u32 depth_ = 0, last_ = 0;
  Part part_ = Part::other;
  bool total_ = false, has_map_ = false;
  std::map<std::string, u32, std::less<>> numbers_;
};

class IndexReader final : public HeaderReader {
 public:
  IndexReader(CheckpointKind kind, std::string name, u64 size) : name_(std::move(name)), size_(size), sink_(index_, name_), feed_(sink_) { index_.kind = kind; }

  [[nodiscard]] std::optional<Slice> wanted() const override {
    if (done_) return std::nullopt;
    return Slice{read_, size_ > index_limit ? 0 : std::min<u64>(piece, size_ - read_)};
  }

  std::optional<Error> feed(std::string_view bytes) override {
    if (size_ > index_limit) return make_error(Say::header_too_large, name_, {digits(size_), digits(index_limit)});
    read_ += bytes.size();
    if (bytes.empty() && read_ < size_) return make_error(Say::file_truncated, name_, {digits(read_), digits(size_)});
    if (!feed_.feed(bytes)) return failed();
    if (read_ < size_) return std::nullopt;
    if (!feed_.finish()) return failed();
    done_ = true;
    if (!sink_.has_map()) return make_error(Say::field_missing, name_ + ": weight_map", {"weight_map"});
    return check_names(index_, name_);
  }

  Checkpoint take() override {
    index_.files.push_back({name_, size_, read_});
    return std::move(index_);
  }

 private:
  static constexpr u64 piece = 1 << 20;

  Error failed() const { return sink_.error() ? *sink_.error() : error_of(feed_, name_, 0); }

  std::string name_;
  u64 size_, read_ = 0;
  bool done_ = false;
  Checkpoint index_;
  IndexSink sink_;
  JsonFeed feed_;
};

}  // namespace

std::unique_ptr<HeaderReader> index_reader(CheckpointKind kind, std::string name, u64 size) { return std::make_unique<IndexReader>(kind, std::move(name), size); }

}  // namespace plimsoll
