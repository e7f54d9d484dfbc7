#include "checkpoint/header_reader.hpp"

#include <algorithm>
#include <functional>

#include "checkpoint/header_json.hpp"
#include "messages.hpp"

namespace plimsoll {
namespace {

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

/// "model-00002-of-00005.safetensors": 2 of 5, and the name without the numbers.
struct Shard {
  u64 number = 0, count = 0;
  std::string stem;
};

std::optional<Shard> shard_of(std::string_view name) {
  const std::size_t of = name.rfind("-of-");
  if (of == std::string_view::npos || of < 6 || name.size() < of + 9) return std::nullopt;
  const auto number = whole_number(name.substr(of - 5, 5)), count = whole_number(name.substr(of + 4, 5));
  if (!number || !count || name[of - 6] != '-' || *number == 0 || *number > *count) return std::nullopt;
  return Shard{*number, *count, std::string(name.substr(0, of - 6)) + std::string(name.substr(of + 9))};
}

/// A few names, and how many more there are.
std::string shortened(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < 4; ++i) out += (i == 0 ? "" : ", ") + std::string(cut(names[i], 80));
  return names.size() > 4 ? out + ", …" : out;
}

Error missing_files(const std::vector<std::string>& missing, std::size_t all) {
  return make_error(Say::files_missing, missing.front(), {digits(missing.size()), digits(all), shortened(missing)});
}

std::string base_name(std::string_view path) { return std::string(path.substr(std::min(path.size(), path.find_last_of("/\\") + 1))); }

/// Shards that count themselves must all be there.
std::optional<Error> check_shards(const std::vector<Checkpoint>& parts) {
  const auto first = shard_of(parts.front().files.front().name);
  if (!first) return std::nullopt;  // several files that do not count themselves: names that repeat are refused
  std::vector<bool> there(static_cast<std::size_t>(first->count) + 1);
  for (const Checkpoint& part : parts) {
    const auto shard = shard_of(part.files.front().name);
    if (!shard || shard->stem != first->stem || shard->count != first->count)
      return make_error(Say::files_differ, part.files.front().name, {base_name(parts.front().files.front().name), base_name(part.files.front().name)});
    there[static_cast<std::size_t>(shard->number)] = true;
  }
  std::vector<std::string> missing;
  for (std::size_t i = 1; i < there.size(); ++i)
    if (!there[i]) missing.push_back(digits(i));
  if (!missing.empty()) return missing_files(missing, there.size() - 1);
  return std::nullopt;
}

void append(Checkpoint& all, const Checkpoint& part) {
  const u32 file = static_cast<u32>(all.files.size());
  all.files.insert(all.files.end(), part.files.begin(), part.files.end());
  for (const StoredTensor& tensor : part.tensors) {
    StoredTensor& copy = all.add(part.name_of(tensor));
    copy.rank = tensor.rank;
    copy.file = file;
    copy.type = tensor.type;
    copy.bytes = tensor.bytes;
    copy.offset = tensor.offset;
    all.dimensions.insert(all.dimensions.end(), part.shape_of(tensor), part.shape_of(tensor) + tensor.rank);
  }
  all.alignment = std::max(all.alignment, part.alignment);
  for (const auto& [key, entry] : part.metadata) all.metadata.emplace(key, entry);
}

/// What the index says of each tensor, against where it was found.
std::optional<Error> check_index(const Checkpoint& index, const Checkpoint& all) {
  std::vector<std::string> missing;
  for (const std::string& name : index.named_files)
    if (std::none_of(all.files.begin(), all.files.end(), [&](const CheckpointFile& file) { return base_name(file.name) == base_name(name); })) missing.push_back(name);
  if (!missing.empty()) return missing_files(missing, index.named_files.size());
  std::map<std::string_view, u32> named;
  for (const StoredTensor& tensor : index.tensors) named.emplace(index.name_of(tensor), tensor.file);
  for (const StoredTensor& tensor : all.tensors) {
    const auto found = named.find(all.name_of(tensor));
    if (found == named.end() || base_name(index.named_files[found->second]) != base_name(all.files[tensor.file].name))
      return make_error(Say::not_in_index, place_of_tensor(all.files[tensor.file].name, all.name_of(tensor)));
    named.erase(found);
  }
  if (!named.empty()) return make_error(Say::field_missing, index.files.front().name, {std::string(cut(named.begin()->first, 160))});
  return std::nullopt;
}

bool is_index(const Checkpoint& part) { return part.kind == CheckpointKind::safetensors_index || part.kind == CheckpointKind::pytorch_index; }

}  // namespace

std::optional<CheckpointKind> checkpoint_kind(std::string_view file_name) {
  if (ends_with_any(file_name, {".safetensors"})) return CheckpointKind::safetensors;
  if (ends_with_any(file_name, {".gguf"})) return CheckpointKind::gguf;
  if (ends_with_any(file_name, {".bin.index.json"})) return CheckpointKind::pytorch_index;
  if (ends_with_any(file_name, {".index.json"})) return CheckpointKind::safetensors_index;
  return std::nullopt;
}

std::unique_ptr<HeaderReader> header_reader(CheckpointKind kind, std::string name, u64 size) {
  switch (kind) {
    case CheckpointKind::safetensors: return safetensors_reader(std::move(name), size);
    case CheckpointKind::gguf: return gguf_reader(std::move(name), size);
    case CheckpointKind::safetensors_index:
    case CheckpointKind::pytorch_index: break;
  }
  return index_reader(kind, std::move(name), size);
}

std::optional<Error> check_names(const Checkpoint& checkpoint, std::string_view file) {
  std::vector<std::pair<std::size_t, u32>> order(checkpoint.tensors.size());
  for (u32 i = 0; i < order.size(); ++i) order[i] = {std::hash<std::string_view>{}(checkpoint.name_of(checkpoint.tensors[i])), i};
  const auto name = [&](const std::pair<std::size_t, u32>& entry) { return checkpoint.name_of(checkpoint.tensors[entry.second]); };
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) { return a.first != b.first ? a.first < b.first : name(a) < name(b); });
  for (std::size_t i = 1; i < order.size(); ++i)
    if (order[i].first == order[i - 1].first && name(order[i]) == name(order[i - 1])) return make_error(Say::tensor_twice, place_of_tensor(file, name(order[i])));
  return std::nullopt;
}

Result<Checkpoint> join_headers(std::vector<Checkpoint> parts) {
  std::optional<Checkpoint> index;
  for (std::size_t i = parts.size(); i-- > 0;) {
    if (!is_index(parts[i])) continue;
    if (index) return make_error(Say::files_differ, parts[i].files.front().name, {base_name(index->files.front().name), base_name(parts[i].files.front().name)});
    index = std::move(parts[i]);
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (parts.empty()) return index ? Result<Checkpoint>(std::move(*index)) : Result<Checkpoint>(make_error(Say::empty_text, "files"));
  std::sort(parts.begin(), parts.end(), [](const Checkpoint& a, const Checkpoint& b) { return a.files.front().name < b.files.front().name; });
  for (const Checkpoint& part : parts)
    if (part.kind != parts.front().kind || (index && part.kind != CheckpointKind::safetensors))
      return make_error(Say::files_differ, part.files.front().name, {base_name((index ? *index : parts.front()).files.front().name), base_name(part.files.front().name)});
  if (!index)
    if (auto error = check_shards(parts)) return *error;
  Checkpoint all;
  all.kind = parts.front().kind;
  for (const Checkpoint& part : parts) append(all, part);
  if (index) {
    all.files.push_back(index->files.front());
    if (auto error = check_index(*index, all)) return *error;
    all.total_size = index->total_size;
  }
  if (auto error = check_names(all, all.files.front().name)) return *error;
  return all;
}

}  // namespace plimsoll
