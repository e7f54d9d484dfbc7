#include "storage/llama_file.hpp"

#include <algorithm>

#include "messages.hpp"
#include "storage/gguf_tensors.hpp"

namespace plimsoll {
namespace {

constexpr u64 file_alignment = 32;  // GGUF_DEFAULT_ALIGNMENT
constexpr u32 blocks_of_seventy_b = 80;

bool is_seventy_b(const ModelSpec& model, const QuantizedModel& found) {
  if (model.num_hidden_layers() != blocks_of_seventy_b) return false;
  switch (model.gguf.seventy_b) {
    case GgufArchitecture::SeventyB::never: return false;
    case GgufArchitecture::SeventyB::grouped_heads: return found.query_groups != 1 && found.experts != 8;
    case GgufArchitecture::SeventyB::always: return true;
  }
  return false;
}

QuantizedModel quantized_model(const ModelSpec& model, const std::vector<GgufTensor>& tensors, bool imatrix) {
  QuantizedModel out;
  out.blocks = static_cast<u32>(model.num_hidden_layers());
  for (const LayerSpec& layer : model.decoder().kinds)
    if (const auto* experts = std::get_if<MixtureOfExperts>(&layer.feed_forward.kind)) out.experts = experts->num_experts;
  out.query_groups = std::visit(Match{
      [](const GroupedQueryAttention& a) { return a.num_attention_heads / a.num_key_value_heads; },
      [](const LatentAttention& a) { return a.num_attention_heads; },  // converted as one key/value head
  }, model.decoder().kinds[model.decoder().kind_of_layer.front()].mixer.kind);
  out.seventy_b = is_seventy_b(model, out);
  out.tied = true;
  for (const GgufTensor& each : tensors) {
    if (each.kind == TensorClass::output && each.quantised) out.tied = false;
    if (each.kind == TensorClass::attention_v && each.quantised) out.attention_v_tensors += each.tensor.layers;
  }
  out.imatrix = imatrix;
  return out;
}

/// "0-3,7": the numbers of a sorted list.
std::string ranges(const std::vector<u32>& numbers) {
  std::string out;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!out.empty()) out += ',';
    out += digits(numbers[i]);
    if (last > i) out += '-' + digits(numbers[last]);
    i = last + 1;
  }
  return out;
}

/// What has been decided of one tensor of the list: a type, and the layers that have it.
struct Chosen {
  GgmlType type{};
  std::vector<u32> layers;
};

class FileMaker {
 public:
  FileMaker(const ModelSpec& model, const Catalog& catalog, LlamaFileType file, const std::string& where) : model_(model), catalog_(catalog), file_(file), where_(where) {}

  Result<std::shared_ptr<const ModelFile>> make(const TensorInventory& inventory, GgmlType base, bool imatrix) {
    if (auto error = look_up()) return *error;
    tensors_ = gguf_tensors(model_, inventory);
    chosen_.resize(tensors_.size());
    LlamaTypeChooser chooser(file_, base, quantized_model(model_, tensors_, imatrix));
    for (std::size_t i = 0; i < tensors_.size(); ++i)
      if (!tensors_[i].tensor.in_layer())
        if (auto error = choose(chooser, i, 0, base)) return *error;
    for (u32 layer = 0; layer < model_.num_hidden_layers(); ++layer)
      for (std::size_t i = 0; i < tensors_.size(); ++i)
        if (tensors_[i].tensor.in_layer() && tensors_[i].tensor.kind == model_.decoder().kind_of_layer[layer])
          if (auto error = choose(chooser, i, layer, base)) return *error;
    return gathered();
  }

 private:
  std::optional<Error> look_up() {
    for (std::size_t type = 0; type < formats_.size(); ++type) {
      auto format = catalog_.format(EnumNames<GgmlType>::names[type], where_);
      if (!format.ok()) return format.error();
      formats_[type] = format.value();
    }
    return std::nullopt;
  }

  [[nodiscard]] const StorageFormat& format_of(GgmlType type) const { return *formats_[static_cast<std::size_t>(type)]; }
  [[nodiscard]] u64 block(GgmlType type) const { return format_of(type).parts[0].elements_per_item; }

  std::optional<Error> choose(LlamaTypeChooser& chooser, std::size_t number, u32 layer, GgmlType base) {
    const GgufTensor& asked = tensors_[number];
    GgmlType type = GgmlType::f32;
    if (asked.quantised) {
      const u64 row = asked.tensor.shape[asked.tensor.rank - 1U];
      type = chooser.next({asked.kind, layer, asked.planes > 1}, row % block(base) == 0);
      if (row % block(type) != 0) {
        const auto instead = type_for_odd_rows(type, block(type));
        if (!instead)
          return make_error(Say::rows_fit_no_type, where_, {name_of(file_), starred_name(asked.tensor), digits(row), digits(block(type))});
        type = row % block(*instead) == 0 ? *instead : GgmlType::f16;
      }
      needs_imatrix_ = needs_imatrix_ || needs_imatrix(type, asked.kind, file_);
    }
    auto& all = chosen_[number];
    auto same = std::find_if(all.begin(), all.end(), [&](const Chosen& each) { return each.type == type; });
    if (same == all.end()) same = all.insert(all.end(), {type, {}});
    same->layers.push_back(layer);
    return std::nullopt;
  }

  [[nodiscard]] Result<std::shared_ptr<const ModelFile>> gathered() const {
    auto file = std::make_shared<ModelFile>();
    Checked padded;
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      for (const Chosen& each : chosen_[i]) {
        FileTensor held{.tensor = tensors_[i].tensor, .format = &format_of(each.type), .label = {}};
        held.tensor.layers = static_cast<u32>(each.layers.size());
        Tensor named = held.tensor;
        const std::string stack = "blk." + ranges(each.layers);
        const bool everywhere = each.layers.size() == model_.num_hidden_layers();
        held.label = starred_name(named);
        if (named.in_layer() && !everywhere) held.label.replace(0, 5, stack);
        held.label += ", " + std::string(held.format->id);
        padded = padded + padded_bytes(held);
        file->tensors.push_back(std::move(held));
      }
    }
    if (padded.overflowed) return make_error(Say::too_big, "config");
    file->padded_bytes = padded.value;
    file->needs_imatrix = needs_imatrix_;
    return std::shared_ptr<const ModelFile>(std::move(file));
  }

  static Checked padded_bytes(const FileTensor& held) {
    const Tensor& tensor = held.tensor;
    Checked rows = 1;
    for (u8 axis = 0; axis + 1 < tensor.rank; ++axis) rows = rows * u64{tensor.shape[axis]};
    const Checked bytes = rows * row_bytes(tensor.shape[tensor.rank - 1U], *held.format);
    return ceil_div(bytes, file_alignment) * file_alignment * u64{tensor.layers};
  }

  const ModelSpec& model_;
  const Catalog& catalog_;
  LlamaFileType file_;
  const std::string& where_;
  std::array<const StorageFormat*, EnumNames<GgmlType>::names.size()> formats_{};
  std::vector<GgufTensor> tensors_;
  std::vector<std::vector<Chosen>> chosen_;
  bool needs_imatrix_ = false;
};

}  // namespace

Result<std::shared_ptr<const ModelFile>> llama_file(const ModelSpec& model, const TensorInventory& inventory, const QuantizationRecipe& recipe,
                                                    bool imatrix, const Catalog& catalog, const std::string& where) {
  if (model.gguf.name.empty()) return make_error(Say::no_gguf_architecture, where, {model.model_type});
  const auto file = enum_from<LlamaFileType>(recipe.file_type);
  const auto base = enum_from<GgmlType>(recipe.base);
  if (!file || !base) return make_error(Say::unknown_word, where, {recipe.file_type, "Q4_K_M, Q8_0"});
  return FileMaker(model, catalog, *file, where).make(inventory, *base, imatrix);
}

}  // namespace plimsoll
