#include "model/load_model.hpp"

#include "messages.hpp"
#include "model/gguf_config.hpp"
#include "model/parameter_count.hpp"
#include "model/read_model.hpp"

namespace plimsoll {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::vector<Notice> notices_of(const ModelSpec& spec, const TensorInventory& inventory) {
  std::vector<Notice> out;
  if (!spec.defaulted_keys.empty()) out.push_back(make_notice(Say::class_default, "model", {joined(spec.defaulted_keys)}));
  if (inventory.mtp_parameter_count > 0) out.push_back(make_notice(Say::mtp_apart, "model", {digits(spec.stacks.back().kind_of_layer.size())}));
  return out;
}

/// A few of the differences between a checkpoint and its model, in words.
std::string shown(const std::vector<TensorDifference>& differences) {
  constexpr std::size_t most = 4;
  std::string out;
  for (std::size_t i = 0; i < differences.size() && i < most; ++i) out += (i == 0 ? "" : ", ") + std::string(cut(differences[i].name, 120));
  return differences.size() > most ? out + ", …" : out;
}

/// Places the tensors of a checkpoint in the model.
void read_stored(LoadedModel& loaded, const CheckpointSummary& checkpoint) {
  loaded.stored = stored_weights(checkpoint, loaded.inventory);
  if (!loaded.stored->differences.empty())
    loaded.notices.push_back(make_notice(Say::checkpoint_differs, "request.model.checkpoint", {digits(loaded.stored->differences.size()), shown(loaded.stored->differences)}));
}

/// The choice that says how the layers are built: the one given, else the metadata of a GGUF file.
Result<ModelChoice> described(const ModelChoice& choice, int ways) {
  ModelChoice out = choice;
  out.checkpoint.reset();
  if (!choice.checkpoint) return ways == 1 ? Result<ModelChoice>(out) : Result<ModelChoice>(make_error(Say::model_source, "request.model"));
  if (choice.parameter_count) return make_error(Say::checkpoint_and_parameters, "request.model.checkpoint");
  if (ways > 1) return make_error(Say::model_source, "request.model");
  if (ways == 1) return out;
  if (choice.checkpoint->kind != CheckpointKind::gguf) return make_error(Say::header_needs_config, "request.model.checkpoint");
  PLIMSOLL_TRY(out.config, config_of_gguf(*choice.checkpoint));
  return out;
}

std::string typical_text(const ModelSpec& spec, u64 parameters) {
  const auto& attention = *std::get_if<GroupedQueryAttention>(&spec.decoder().kinds[0].mixer.kind);
  const auto& mlp = *std::get_if<Mlp>(&spec.decoder().kinds[0].feed_forward.kind);
  return "model_type llama, num_hidden_layers " + digits(spec.num_hidden_layers()) + ", hidden_size " + digits(spec.hidden_size) +
         ", num_attention_heads " + digits(attention.num_attention_heads) + ", num_key_value_heads " + digits(attention.num_key_value_heads) +
         ", intermediate_size " + digits(mlp.intermediate_size) + ", vocab_size " + digits(spec.vocab_size) +
         ", tie_word_embeddings " + (spec.tie_word_embeddings ? "true" : "false") + ": " + digits(parameters);
}

std::string kind_name(const LayerSpec& layer) {
  const std::string mixer = std::visit(Match{
      [](const GroupedQueryAttention& a) { return std::string(a.sliding_window ? "sliding_attention" : "full_attention"); },
      [](const LatentAttention&) { return std::string("latent_attention"); },
  }, layer.mixer.kind);
  return mixer + std::visit(Match{
      [](const Mlp& m) { return std::string(m.form == Mlp::Form::plain ? " + plain_mlp" : " + gated_mlp"); },
      [](const MixtureOfExperts&) { return std::string(" + experts"); },
  }, layer.feed_forward.kind);
}

}  // namespace

Result<std::shared_ptr<const LoadedModel>> load_model(const ModelChoice& asked, const Catalog& catalog) {
  PLIMSOLL_TRY(const ModelChoice choice, described(asked, (asked.preset ? 1 : 0) + (asked.config ? 1 : 0) + (asked.path ? 1 : 0) + (asked.parameter_count ? 1 : 0)));
  auto loaded = std::make_shared<LoadedModel>();
  if (choice.preset) {
    PLIMSOLL_TRY(const Preset* preset, catalog.preset(*choice.preset, "request.model.preset"));
    PLIMSOLL_TRY(loaded->spec, read_model(preset->config, "models." + std::string(preset->id) + ".config"));
    loaded->name = std::string(preset->name);
  } else if (choice.config) {
    PLIMSOLL_TRY(loaded->spec, read_model(*choice.config));
    loaded->name = loaded->spec.model_type;
  } else {
    PLIMSOLL_TRY(const u64 count, read_parameter_count(*choice.parameter_count));
    PLIMSOLL_TRY(loaded->spec, read_model(typical_config(count)));
    loaded->name = *choice.parameter_count;
  }
  if (choice.quantization_config) {
    PLIMSOLL_TRY(const JsonDocument document, JsonDocument::parse(*choice.quantization_config, "request.model.quantization_config"));
    PLIMSOLL_TRY(loaded->spec.quantization, read_quantization(document.root(), "request.model.quantization_config"));
  }
  loaded->inventory = inventory_of(loaded->spec);
  if (loaded->inventory.overflowed) return make_error(Say::too_big, "config");
  loaded->notices = notices_of(loaded->spec, loaded->inventory);
  if (asked.checkpoint) read_stored(*loaded, *asked.checkpoint);
  if (choice.parameter_count)
    loaded->notices.push_back(make_notice(Say::typical_architecture, "request.model.parameter_count", {typical_text(loaded->spec, loaded->inventory.parameter_count)}));
  return std::shared_ptr<const LoadedModel>(std::move(loaded));
}

ModelSummary summary_of(const LoadedModel& model) {
  const ModelSpec& spec = model.spec;
  ModelSummary s{.name = model.name, .model_type = spec.model_type, .family = std::string(spec.family), .source = std::string(spec.source), .dtype = {}, .layer_kinds = {}};
  s.parameter_count = model.inventory.parameter_count;
  s.active_parameter_count = model.inventory.active_parameter_count;
  s.mtp_parameter_count = model.inventory.mtp_parameter_count;
  s.tied_parameter_count = model.inventory.tied_parameter_count;
  s.num_hidden_layers = spec.num_hidden_layers();
  s.hidden_size = spec.hidden_size;
  s.vocab_size = spec.vocab_size;
  s.max_position_embeddings = spec.max_position_embeddings;
  s.dtype = spec.dtype.value_or("");
  for (std::size_t kind = 0; kind < spec.decoder().kinds.size(); ++kind) {
    const LayerSpec& layer = spec.decoder().kinds[kind];
    LayerKind entry{.kind = kind_name(layer), .count = spec.decoder().count_of(kind), .sliding_window = {}};
    std::visit(Match{
        [&](const GroupedQueryAttention& a) {
          entry.kv_elements_per_token = u64{2} * a.num_key_value_heads * a.head_dim;
          if (a.sliding_window) entry.sliding_window = *a.sliding_window;
          s.num_attention_heads = a.num_attention_heads, s.num_key_value_heads = a.num_key_value_heads, s.head_dim = a.head_dim;
        },
        [&](const LatentAttention& a) {
          entry.kv_elements_per_token = u64{a.kv_lora_rank} + a.qk_rope_head_dim;
          s.num_attention_heads = a.num_attention_heads, s.num_key_value_heads = 1, s.head_dim = u64{a.qk_nope_head_dim} + a.qk_rope_head_dim;
        },
    }, layer.mixer.kind);
    s.layer_kinds.push_back(std::move(entry));
  }
  return s;
}

Result<CheckpointInspection> inspection_of(const CheckpointSummary& checkpoint, const std::optional<std::string>& config) {
  CheckpointInspection out{.checkpoint = checkpoint, .config = {}, .model = {}, .model_bytes = {}, .stored_bytes = {}, .differences = {}};
  if (!config && checkpoint.kind == CheckpointKind::gguf) {
    auto made = config_of_gguf(checkpoint);
    if (!made.ok()) return made.error().code == ErrorCode::unknown_model_type ? Result<CheckpointInspection>(out) : Result<CheckpointInspection>(made.error());
    out.config = std::move(made.value());
  }
  if (!config && !out.config) return out;
  LoadedModel loaded;
  PLIMSOLL_TRY(loaded.spec, read_model(config ? *config : *out.config));
  loaded.name = loaded.spec.model_type;
  loaded.inventory = inventory_of(loaded.spec);
  if (loaded.inventory.overflowed) return make_error(Say::too_big, "config");
  out.model = summary_of(loaded);
  const StoredWeights stored = stored_weights(checkpoint, loaded.inventory);
  out.differences = stored.differences;
  const std::string dtype = loaded.spec.dtype.value_or("fp32");
  out.model_bytes = bytes_of_named(checkpoint, stored, loaded.inventory, dtype == "fp32" ? 4 : dtype == "fp8" ? 1 : 2);
  if (stored.sizes_known) {
    Checked bytes;
    for (const StoredTensors& tensors : stored.tensors) bytes = bytes + Checked{tensors.bytes} * tensors.count;
    out.stored_bytes = bytes.value;
  }
  return out;
}

Inspection inspection_of(const ModelSpec& spec, const TensorInventory& inventory) {
  Inspection out{.model_type = spec.model_type, .family = std::string(spec.family), .parameter_count = inventory.parameter_count,
                 .active_parameter_count = inventory.active_parameter_count, .mtp_parameter_count = inventory.mtp_parameter_count,
                 .tied_parameter_count = inventory.tied_parameter_count, .tensors = {}};
  const std::string format = spec.dtype.value_or("fp32");  // Transformers creates what a config leaves open in fp32
  for (const Tensor& tensor : inventory.tensors) {
    InspectedTensor entry{.name = starred_name(tensor), .shape = {}, .count = tensor.count(), .format = format, .role = tensor.role, .apart = {}};
    for (u8 axis = 0; axis < tensor.rank; ++axis) entry.shape.push_back(tensor.shape[axis]);
    if (tensor.apart != Apart::no) entry.apart = tensor.apart;
    bool merged = false;
    for (InspectedTensor& known : out.tensors) {
      if (known.name != entry.name || known.shape != entry.shape || known.apart != entry.apart) continue;
      known.count += entry.count;
      merged = true;
    }
    if (!merged) out.tensors.push_back(std::move(entry));
  }
  return out;
}

}  // namespace plimsoll
