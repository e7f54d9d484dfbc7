// transformers/masking_utils.py: sdpa_mask, eager_mask, _ignore_causal_mask_sdpa. What is alive only while a mask is made stays below
// what attention holds with that mask in the same pass.
#include "inference/masks.hpp"

#include "inference/kv_cache.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem additive = activation("activations.mask", "b_a * B * T * K", source::masking);
constexpr LedgerItem booleans = activation("activations.mask", "T * K", source::masking);

bool slides(const Mixer& mixer) {
  const auto* grouped = std::get_if<GroupedQueryAttention>(&mixer);
  return grouped != nullptr && grouped->sliding_window.has_value();
}

/// The layer whose cache says how long a mask is: the first of its kind, else layer 0.
const Mixer& measured_layer(const Stack& stack, bool sliding) {
  for (const u16 kind : stack.kind_of_layer)
    if (slides(stack.kinds[kind].mixer.kind) == sliding) return stack.kinds[kind].mixer.kind;
  return stack.kinds[stack.kind_of_layer.front()].mixer.kind;
}

Hold make_mask(PassContext& context, const ModelSpec& model, bool sliding) {
  const Mixer& layer = measured_layer(model.decoder(), sliding);
  Values v = context.values;
  v[Symbol::K] = attended_tokens(layer, context.pass);
  if (context.eager()) return context.ledger.hold(additive, v);
  const u64 window = slides(layer) ? *std::get_if<GroupedQueryAttention>(&layer)->sliding_window : model.mask_window;
  if (sliding && v[Symbol::K] >= window) return context.ledger.hold(booleans, v);
  return {};
}

}  // namespace

bool Masks::given_to(const Mixer& mixer) const { return slides(mixer) ? sliding_given : full_given; }

Masks make_masks(PassContext& context, const ModelSpec& model) {
  bool any_slides = false;
  for (const LayerSpec& kind : model.decoder().kinds) any_slides = any_slides || slides(kind.mixer.kind);
  Masks masks;
  const bool full = model.mask_set != MaskSet::one || !any_slides;
  const bool sliding = model.mask_set == MaskSet::both || any_slides;
  if (full) masks.full = make_mask(context, model, false);
  if (sliding) masks.sliding = make_mask(context, model, true);
  masks.full_given = full && masks.full.holds();
  masks.sliding_given = sliding && masks.sliding.holds();
  return masks;
}

}  // namespace plimsoll
