#include "checkpoint/summary.hpp"

#include <unordered_map>

#include "messages.hpp"

namespace plimsoll {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Keys of a GGUF file that say how its layers are built. Lists come as text where they are short, else as their length.
void add_metadata(CheckpointSummary& out, const Checkpoint& checkpoint) {
  const auto architecture = checkpoint.metadata.find("general.architecture");
  const std::string own = architecture == checkpoint.metadata.end() ? std::string() : architecture->second.text + ".";
  for (const auto& [key, entry] : checkpoint.metadata) {
    if (key == "tokenizer.ggml.tokens") {
      out.metadata.push_back({key, digits(entry.length)});
    } else if (!entry.text.empty() && (key == "general.architecture" || key == "general.name" || key == "general.file_type" || key == "general.parameter_count" ||
                                       (own.size() > 1 && std::string_view(key).starts_with(own)))) {
      out.metadata.push_back({key, entry.text});
    }
  }
}

void append_number(std::string& key, u64 number) {
  for (int shift = 0; shift < 64; shift += 8) key += static_cast<char>(number >> shift);
}

}  // namespace

void star_numbers(std::string_view name, std::string& out) {
  out.clear();
  std::size_t copied = 0;
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos;) {
    std::size_t end = dot + 1;
    while (end < name.size() && is_digit(name[end])) ++end;
    if (end > dot + 1 && end < name.size() && name[end] == '.') {
      out.append(name.substr(copied, dot + 1 - copied)).append(1, '*');
      copied = dot = end;
    } else {
      dot = name.find('.', dot + 1);
    }
  }
  out.append(name.substr(copied));
}

Result<CheckpointSummary> summary_of(const Checkpoint& checkpoint) {
  CheckpointSummary out{.kind = checkpoint.kind, .name = checkpoint.files.front().name, .files = 0, .tensor_bytes = {}, .total_size = {}, .metadata = {}, .tensors = {}};
  const bool index = checkpoint.kind == CheckpointKind::safetensors_index || checkpoint.kind == CheckpointKind::pytorch_index;
  out.files = index ? checkpoint.named_files.size() : checkpoint.files.size();
  for (const CheckpointFile& file : checkpoint.files) out.file_bytes += file.size, out.read_bytes += file.read;
  out.tensor_count = checkpoint.tensors.size();
  if (checkpoint.total_size > 0) out.total_size = checkpoint.total_size;
  if (!index) {
    const Checked bytes = checkpoint.tensor_bytes();
    if (bytes.overflowed) return make_error(Say::too_big, out.name);
    out.tensor_bytes = bytes.value;
  }
  std::unordered_map<std::string, std::size_t> groups;
  std::string name, key;
  for (const StoredTensor& tensor : checkpoint.tensors) {
    if (!index && tensor.bytes == 0) continue;
    star_numbers(checkpoint.name_of(tensor), name);
    key.assign(name).append(1, '\0').append(tensor.type);
    for (u8 axis = 0; axis < tensor.rank; ++axis) append_number(key, checkpoint.shape_of(tensor)[axis]);
    const auto [entry, fresh] = groups.try_emplace(key, out.tensors.size());
    if (!fresh) {
      ++out.tensors[entry->second].count;
      continue;
    }
    if (groups.size() > most_groups) return make_error(Say::above_most, out.name, {digits(groups.size()), digits(most_groups)});
    CheckpointTensors group{.name = name, .type = std::string(tensor.type), .shape = {}, .count = 1, .bytes = {}};
    group.shape.assign(checkpoint.shape_of(tensor), checkpoint.shape_of(tensor) + tensor.rank);
    if (!index) group.bytes = tensor.bytes;
    out.tensors.push_back(std::move(group));
  }
  add_metadata(out, checkpoint);
  return out;
}

}  // namespace plimsoll
