#include "model/decoder.hpp"

#include <algorithm>
#include <array>

#include "model/family.hpp"

namespace plimsoll {
namespace {

/// layer_types, one word for each layer. Words other than full and sliding belong to families with other blocks.
std::vector<bool> read_layer_types(ConfigReader& config, const Decoder& decoder) {
  const auto words = config.words("layer_types");
  if (words.empty()) return {};
  if (words.size() != decoder.num_hidden_layers) {
    config.fail(make_error(Say::list_too_short, config.where("layer_types"), {digits(words.size()), digits(decoder.num_hidden_layers)}));
    return {};
  }
  std::vector<bool> sliding;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != "full_attention" && words[i] != "sliding_attention")
      config.fail(make_error(Say::unknown_word, config.where("layer_types") + "[" + digits(i) + "]", {cut(words[i], 80), "full_attention, sliding_attention"}));
    sliding.push_back(words[i] == "sliding_attention");
  }
  return sliding;
}

GroupedQueryAttention read_attention(ConfigReader& config, const ClassDefaults& defaults, u32 hidden_size) {
  GroupedQueryAttention attention;
  attention.num_attention_heads = config.positive("num_attention_heads", defaults.num_attention_heads);
  const std::optional<u32> usual = defaults.num_key_value_heads == 0 ? std::nullopt : std::optional<u32>(defaults.num_key_value_heads);
  attention.num_key_value_heads = config.maybe("num_key_value_heads", usual).value_or(attention.num_attention_heads);
  const std::optional<u32> stated = defaults.head_dim == 0 ? std::nullopt : std::optional<u32>(defaults.head_dim);
  attention.head_dim = config.maybe("head_dim", stated).value_or(std::max(1U, hidden_size / attention.num_attention_heads));
  config.product("num_attention_heads", attention.num_attention_heads, attention.head_dim);
  attention.rotary_dim = attention.head_dim;
  attention.attention_dropout = config.fraction("attention_dropout", 0.0) > 0;
  if (attention.num_attention_heads % attention.num_key_value_heads != 0)
    config.fail(make_error(Say::heads_do_not_group, config.where("num_key_value_heads"),
                           {digits(attention.num_attention_heads), digits(attention.num_key_value_heads)}));
  return attention;
}

/// What makes a layer of its own: window or not, experts or not, rotary or not.
struct LayerChoice {
  bool sliding = false, sparse = false, rotary = true;
  bool operator==(const LayerChoice&) const = default;
};

LayerSpec make_layer(const Decoder& decoder, LayerChoice choice) {
  const DecoderNames& names = *decoder.names;
  LayerSpec layer;
  layer.mixer = {names.attention, decoder.attention};
  if (auto* grouped = std::get_if<GroupedQueryAttention>(&layer.mixer.kind)) {
    grouped->sliding_window = choice.sliding ? decoder.sliding_window : std::nullopt;
    if (!choice.rotary) grouped->rotary_dim = 0;
  }
  if (choice.sparse) {
    layer.feed_forward = {names.experts, *decoder.experts};
  } else {
    layer.feed_forward = {names.mlp, decoder.mlp};
  }
  for (const std::string_view norm : {names.attention_norm, names.post_attention_norm, names.mlp_norm, names.post_mlp_norm})
    if (!norm.empty()) layer.norms.push_back({decoder.norm, norm, decoder.hidden_size});
  layer.residual = decoder.residual;
  layer.residual_multiplier = decoder.residual_multiplier;
  layer.keeps_attention_output = decoder.keeps_attention_output;
  return layer;
}

Stack make_stack(const Decoder& decoder) {
  Stack stack;
  stack.prefix = decoder.names->layers;
  std::vector<LayerChoice> choices;
  for (u32 i = 0; i < decoder.num_hidden_layers; ++i) {
    const LayerChoice choice{decoder.sliding_window.has_value() && i < decoder.sliding.size() && decoder.sliding[i],
                             decoder.experts.has_value() && (decoder.sparse.empty() || decoder.sparse[i]),
                             decoder.rotary.empty() || decoder.rotary[i]};
    const auto known = std::find(choices.begin(), choices.end(), choice);
    stack.kind_of_layer.push_back(static_cast<u16>(known - choices.begin()));
    if (known != choices.end()) continue;
    choices.push_back(choice);
    stack.kinds.push_back(make_layer(decoder, choice));
  }
  return stack;
}

}  // namespace

Decoder read_decoder(ConfigReader& config, const ClassDefaults& defaults) {
  Decoder d;
  d.hidden_size = config.positive("hidden_size", defaults.hidden_size);
  d.vocab_size = config.positive("vocab_size", defaults.vocab_size);
  d.num_hidden_layers = config.positive("num_hidden_layers", defaults.num_hidden_layers, most_layers);
  d.max_position_embeddings = config.positive("max_position_embeddings", defaults.max_position_embeddings);
  d.tie_word_embeddings = config.flag("tie_word_embeddings", defaults.tie_word_embeddings);
  d.attention = read_attention(config, defaults, d.hidden_size);
  d.mlp.intermediate_size = config.positive("intermediate_size", defaults.intermediate_size);
  d.mlp.activation = read_activation(config, "hidden_act", defaults.hidden_act);
  const std::optional<u32> usual = defaults.sliding_window == 0 ? std::nullopt : std::optional<u32>(defaults.sliding_window);
  d.sliding_window = config.maybe("sliding_window", usual);
  d.sliding = read_layer_types(config, d);
  if (d.sliding.empty()) d.sliding.assign(d.num_hidden_layers, true);  // a window without layer_types is every layer's
  return d;
}

void slide_where(ConfigReader& config, Decoder& decoder, bool (*rule)(u32, u32), u32 parameter) {
  if (!config.has("layer_types")) decoder.sliding = layers_where(decoder, [&](u32 layer) { return rule(layer, parameter); });
}

void read_partial_rotary(ConfigReader& config, Decoder& decoder, std::string_view older_key, double otherwise) {
  double factor = config.fraction(older_key, otherwise);
  factor = config.fraction("partial_rotary_factor", factor);
  if (const auto nested = config.find("rope_parameters")["partial_rotary_factor"].number(); nested && *nested >= 0 && *nested <= 1) factor = *nested;
  GroupedQueryAttention& attention = decoder.grouped();
  attention.rotary_dim = static_cast<u32>(static_cast<double>(attention.head_dim) * factor);
}

void read_sparse_step(ConfigReader& config, Decoder& decoder) {
  const u32 step = config.positive("decoder_sparse_step", 1);
  const auto dense = config.numbers("mlp_only_layers");
  decoder.sparse = layers_where(decoder, [&](u32 layer) {
    return (layer + 1) % step == 0 && std::find(dense.begin(), dense.end(), layer) == dense.end();
  });
}

void read_leading_dense(ConfigReader& config, Decoder& decoder, u32 otherwise) {
  const u32 dense = config.number("first_k_dense_replace", otherwise);
  decoder.sparse = layers_where(decoder, [&](u32 layer) { return layer >= dense; });
}

Mlp::Activation read_activation(ConfigReader& config, std::string_view key, std::string_view otherwise) {
  struct Word {
    std::string_view name;
    Mlp::Activation activation;
  };
  using enum Mlp::Activation;
  static constexpr auto words = std::to_array<Word>({{"silu", silu}, {"swish", silu}, {"gelu", gelu}, {"gelu_python", gelu},
      {"gelu_pytorch_tanh", gelu_tanh}, {"gelu_new", gelu_new}, {"gelu_fast", gelu_fast}, {"quick_gelu", quick_gelu}, {"relu", relu}});
  const std::string_view name = config.text(key, otherwise);
  for (const Word& word : words)
    if (word.name == name) return word.activation;
  config.fail(make_error(Say::unknown_word, config.where(key), {cut(name, 80), "silu, gelu, gelu_pytorch_tanh, gelu_new, relu"}));
  return silu;
}

ModelSpec assemble(ConfigReader& config, const Decoder& decoder) {
  ModelSpec model;
  if (config.error()) return model;
  const DecoderNames& names = *decoder.names;
  model.hidden_size = decoder.hidden_size;
  model.vocab_size = decoder.vocab_size;
  model.max_position_embeddings = decoder.max_position_embeddings;
  model.embedding_name = names.embedding;
  model.position_name = names.positions;
  model.position_rows = names.positions.empty() ? 0 : decoder.max_position_embeddings;
  model.final_norm = {decoder.norm, names.final_norm, decoder.hidden_size};
  model.head_name = names.head;
  model.tie_word_embeddings = decoder.tie_word_embeddings;
  model.logit_soft_cap = decoder.logit_soft_cap;
  model.logit_scale = decoder.logit_scale;
  model.embedding_multiplier = decoder.embedding_multiplier;
  model.embedding_multiplier_tensor = decoder.embedding_multiplier_tensor;
  model.embedding_dropout = decoder.embedding_dropout;
  std::visit(Match{
      [&](const GroupedQueryAttention& a) {
        model.rotary_dim = a.rotary_dim;
        model.rotary_style = a.rotary_style;
      },
      [&](const LatentAttention& a) {
        model.rotary_dim = a.qk_rope_head_dim;
        model.rotary_style = a.rotary_style;
      },
  }, decoder.attention);
  model.rotary_table_per_kind = decoder.rotary_table_per_kind;
  model.mask_set = decoder.mask_set;
  model.mask_window = decoder.sliding_window.value_or(0);
  model.stacks.push_back(make_stack(decoder));
  if (decoder.num_mtp_layers > 0) {
    Stack mtp;
    mtp.prefix = names.layers;
    mtp.first_index = decoder.num_hidden_layers;
    mtp.apart = Apart::mtp;
    mtp.kinds.push_back(make_layer(decoder, {false, decoder.experts.has_value(), true}));
    mtp.kind_of_layer.assign(decoder.num_mtp_layers, 0);
    model.stacks.push_back(std::move(mtp));
  }
  return model;
}

}  // namespace plimsoll
