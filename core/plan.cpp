#include "plan.hpp"

#include <algorithm>
#include <utility>

#include "messages.hpp"
#include "storage/llama_file.hpp"
#include "storage/quantization_notices.hpp"

namespace plimsoll {
namespace {

/// Weight format: as asked, else what the checkpoint stores, else its data type, else bf16.
std::string weight_format_of(const Request& request, const ModelSpec& spec, std::vector<Notice>& notices) {
  const std::string where = "request.weight_format";
  if (request.weight_format) return *request.weight_format;
  if (spec.quantization) return std::string(as_checkpoint);
  if (spec.dtype) return *spec.dtype;
  notices.push_back(make_notice(Say::dtype_assumed, where, {"bf16"}));
  return "bf16";
}

ComputeDtype compute_dtype_of(std::string_view weight_format, const ModelSpec& spec) {
  if (const auto same = enum_from<ComputeDtype>(weight_format)) return *same;
  if (spec.dtype)
    if (const auto stated = enum_from<ComputeDtype>(*spec.dtype)) return *stated;
  return ComputeDtype::bf16;
}

/// Bytes of routed experts that a recipe leaves in the model's type though it quantises linear operators: Transformers' classes hold a
/// bank as fused parameters, which are no nn.Linear.
u64 experts_left(const TensorInventory& inventory, const PrecisionPlan& formats) {
  Checked bytes;
  for (const Tensor& tensor : inventory.tensors)
    if (tensor.routed && tensor.apart == Apart::no) bytes = bytes + tensor.elements() * tensor.count() * u64{formats.of(tensor).whole_bytes()};
  return bytes.value;
}

/// Its input has four axes in Transformers, [B, 1, K, kv_lora_rank]; int8_linear_matmul of bitsandbytes takes three.
bool multiplies_latents_in_int8(const ModelSpec& spec, const PrecisionPlan& formats) {
  const auto& kinds = spec.decoder().kinds;
  const bool latent = std::any_of(kinds.begin(), kinds.end(), [](const LayerSpec& layer) { return std::holds_alternative<LatentAttention>(layer.mixer.kind); });
  return latent && formats.of_linear(Role::latent_kv_b).product.way == ProductWay::int8;
}

/// The weights as llama-quantize would write them. Types that it refuses to make without an importance matrix are made with one.
std::optional<Error> decide_file(Plan& plan, const QuantizationRecipe& recipe, std::optional<bool> imatrix) {
  const std::string where = "request.weight_format";
  if (std::holds_alternative<TrainingWorkload>(plan.request.workload)) return make_error(Say::file_type_not_trained, where, {recipe.id});
  const auto make = [&](bool with) { return llama_file(plan.model->spec, plan.model->inventory, recipe, with, *plan.catalog, where); };
  auto file = make(imatrix.value_or(false));
  if (file.ok() && file.value()->needs_imatrix) {
    if (!imatrix) file = make(true);
    if (imatrix == false) plan.notices.push_back(make_notice(Say::imatrix_needed, "request.importance_matrix", {recipe.id}));
  }
  if (!file.ok()) return file.error();
  plan.request.importance_matrix = imatrix.value_or(file.value()->needs_imatrix);
  plan.weight_formats.file = file.value();
  plan.checkpoint_bytes = file.value()->padded_bytes;
  plan.notices.push_back(make_notice(Say::llama_file_type, where, {recipe.id, digits(file.value()->padded_bytes)}));
  return std::nullopt;
}

/// What a reader must know of a format that was asked for.
void say_format(Plan& plan, const QuantizationRecipe& recipe) {
  const std::string where = "request.weight_format";
  const std::string_view dtype = name_of(plan.compute_dtype);
  if (enum_from<ComputeDtype>(recipe.id)) return;
  if (recipe.uniform()) return plan.notices.push_back(make_notice(Say::uniform_format, where, {recipe.id}));
  if (!plan.model->spec.dtype) plan.notices.push_back(make_notice(Say::dtype_assumed, where, {dtype}));
  if (const u64 bytes = experts_left(plan.model->inventory, plan.weight_formats); bytes > 0)
    plan.notices.push_back(make_notice(Say::experts_not_quantised, where, {recipe.id, dtype, digits(bytes)}));
  if (multiplies_latents_in_int8(plan.model->spec, plan.weight_formats)) plan.notices.push_back(make_notice(Say::int8_product_refuses, where));
}

/// The formats of a method that treats tensors one by one.
std::optional<Error> decide_tensors(Plan& plan, const CheckpointQuantization& quantization) {
  const LoadedModel& model = *plan.model;
  const std::string where = "request.weight_format";
  const std::string_view dtype = name_of(plan.compute_dtype);
  const auto decide = [&](Place place) { return checkpoint_plan(quantization, model.spec, model.inventory, dtype, *plan.catalog, place, where); };
  PLIMSOLL_TRY(plan.weight_formats, decide(Place::memory));
  PLIMSOLL_TRY(const PrecisionPlan stored, decide(Place::checkpoint));
  plan.checkpoint_bytes = weight_bytes(model.inventory, stored, Place::checkpoint).value;
  plan.decompresses_weights = quantization.caution == Caution::dense_after_forward;
  if (!model.spec.dtype) plan.notices.push_back(make_notice(Say::dtype_assumed, where, {dtype}));
  for (Notice& notice : quantization_notices({quantization, model.spec, model.inventory, plan.weight_formats, stored, dtype, bytes_of(plan.compute_dtype),
                                              *plan.request.weight_format == as_checkpoint}, where))
    plan.notices.push_back(std::move(notice));
  return std::nullopt;
}

/// Weights that come from a checkpoint's own headers.
std::optional<Error> say_stored(Plan& plan) {
  const CheckpointSummary& checkpoint = *plan.request.model.checkpoint;
  std::erase_if(plan.notices, [](const Notice& notice) { return notice.code == "quantized_checkpoint"; });  // nothing is left out of what was read
  Checked bytes, count;
  for (const StoredTensors& tensors : plan.model->stored->tensors) {
    if (!tensors.constant && plan.model->inventory.tensors[tensors.tensor].apart != Apart::no) continue;
    bytes = bytes + Checked{tensors.bytes} * tensors.count;
    count = count + tensors.count;
  }
  plan.checkpoint_bytes = bytes.value;
  plan.notices.push_back(make_notice(Say::weights_as_stored, "request.model.checkpoint", {digits(bytes.value), digits(count.value)}));
  if (checkpoint.kind == CheckpointKind::gguf && plan.engine->id == "transformers") plan.notices.push_back(make_notice(Say::gguf_in_transformers, "request.model.checkpoint"));
  return std::nullopt;
}

/// Whether the weights take what the headers of a checkpoint say: not where another format is asked for, nor in training, which loads them
/// in its own.
bool takes_stored_weights(const Plan& plan) {
  return !plan.trains() && !plan.request.weight_format && plan.model->stored && plan.model->stored->sizes_known;
}

std::optional<Error> decide_recipe(Plan& plan) {
  const ModelSpec& spec = plan.model->spec;
  const std::string where = "request.weight_format";
  const std::string weight_format = weight_format_of(plan.request, spec, plan.notices);
  const bool asked = plan.request.weight_format.has_value();
  const std::optional<bool> imatrix = std::exchange(plan.request.importance_matrix, std::nullopt);  // says nothing of other formats
  plan.request.weight_format = weight_format;
  plan.compute_dtype = compute_dtype_of(weight_format, spec);
  if (weight_format == as_checkpoint) {
    if (!spec.quantization) return make_error(Say::checkpoint_not_quantised, where);
    return decide_tensors(plan, *spec.quantization);
  }
  PLIMSOLL_TRY(const QuantizationRecipe* recipe, plan.catalog->quantization(weight_format, where));
  if (recipe->as_checkpoint) return decide_tensors(plan, *recipe->as_checkpoint);
  PLIMSOLL_TRY(plan.weight_formats, precision_plan(*recipe, name_of(plan.compute_dtype), *plan.catalog, where));
  if (recipe->policy == RecipePolicy::llama_file_type) return decide_file(plan, *recipe, imatrix);
  plan.checkpoint_bytes = weight_bytes(plan.model->inventory, plan.weight_formats, Place::checkpoint).value;
  if (asked) say_format(plan, *recipe);
  return std::nullopt;
}

std::optional<Error> decide_formats(Plan& plan) {
  plan.weights_as_stored = takes_stored_weights(plan);
  const std::size_t said = plan.notices.size();
  if (auto error = decide_recipe(plan)) return error;
  plan.weight_format = plan.request.weight_format.value_or("");
  if (!plan.weights_as_stored) return std::nullopt;
  plan.request.weight_format.reset();  // asked again, it is the files' once more
  plan.notices.erase(plan.notices.begin() + static_cast<std::ptrdiff_t>(said), plan.notices.end());
  return say_stored(plan);
}

std::optional<Error> decide_defaults(Plan& plan) {
  auto* training = std::get_if<TrainingWorkload>(&plan.request.workload);
  return training != nullptr ? fill_training_defaults(plan, *training) : std::nullopt;
}

std::optional<Error> decide_workload(Plan& plan) {
  return std::visit(Match{
      [&](InferenceWorkload& asked) { return decide_inference(plan, asked); },
      [&](TrainingWorkload& asked) { return decide_training(plan, asked); },
  }, plan.request.workload);
}

std::optional<Error> decide_device(Plan& plan) {
  if (!plan.request.device) return std::nullopt;
  DeviceChoice& device = *plan.request.device;
  auto gpu = plan.catalog->gpu(device.gpu, "request.device.gpu");
  if (!gpu.ok()) return gpu.error();
  plan.gpu = gpu.value();
  auto memory = memory_of(*plan.gpu, *plan.catalog);
  if (!memory.ok()) return memory.error();
  plan.memory = memory.value();
  if (plan.memory.basis == Basis::assumed) plan.notices.push_back(make_notice(Say::usable_estimated, "request.device.gpu", {plan.gpu->name}));
  return std::nullopt;
}

/// A training step runs on one device, also of a board that has several.
std::optional<Error> decide_one_rank(Plan& plan) {
  const u64 boards = plan.request.device ? plan.request.device->device_count.value_or(1) : 1;
  if (boards > 1) return make_error(Say::one_device_only, "request.device.device_count", {digits(boards)});
  const u64 ranks = plan.request.parallel.tensor_parallel_size.value_or(1);
  if (ranks > 1) return make_error(Say::one_device_only, "request.parallel.tensor_parallel_size", {digits(ranks)});
  auto distinct = distinct_ranks(plan.model->spec, 1);
  if (!distinct.ok()) return distinct.error();
  plan.ranks = std::move(distinct.value());
  plan.request.parallel.tensor_parallel_size = 1;
  if (plan.request.device) plan.request.device->device_count = 1;
  return std::nullopt;
}

std::optional<Error> decide_ranks(Plan& plan) {
  if (plan.trains()) return decide_one_rank(plan);
  const u64 boards = plan.request.device && plan.request.device->device_count ? *plan.request.device->device_count : 1;
  const u64 devices = boards * (plan.gpu != nullptr ? plan.gpu->devices : 1);
  const u64 ranks = plan.request.parallel.tensor_parallel_size.value_or(devices);
  if (auto error = above(std::max(ranks, devices), most_ranks, plan.request.parallel.tensor_parallel_size ? "request.parallel.tensor_parallel_size" : "request.device.device_count")) return error;
  const bool both = plan.request.parallel.tensor_parallel_size && plan.request.device && (plan.request.device->device_count || plan.gpu->devices > 1);
  if (both && ranks != devices)
    return make_error(Say::devices_and_ranks, "request.parallel.tensor_parallel_size", {digits(ranks), digits(devices)});
  auto distinct = distinct_ranks(plan.model->spec, static_cast<u32>(ranks));
  if (!distinct.ok()) return distinct.error();
  plan.ranks = std::move(distinct.value());
  plan.request.parallel.tensor_parallel_size = ranks;
  if (plan.request.device) plan.request.device->device_count = ranks / plan.gpu->devices;
  return std::nullopt;
}

/// A mixture of experts whose config does not say how many experts serve a token has tensors but no forward pass.
std::optional<Error> check_experts(const ModelSpec& spec) {
  for (const LayerSpec& layer : spec.decoder().kinds)
    if (const auto* experts = std::get_if<MixtureOfExperts>(&layer.feed_forward.kind); experts != nullptr && experts->num_experts_per_tok == 0)
      return make_error(Say::field_missing, "config.num_experts_per_tok", {"num_experts_per_tok"});
  return std::nullopt;
}

}  // namespace

std::optional<Error> above(u64 value, u64 most, std::string where) {
  if (value <= most) return std::nullopt;
  return make_error(Say::above_most, std::move(where), {digits(value), digits(most)});
}

std::optional<Error> place_on(Plan& plan, const DeviceChoice& device, const ParallelChoice& parallel) {
  plan.request.device = device;
  plan.request.parallel = parallel;
  if (auto error = decide_device(plan)) return error;
  return decide_ranks(plan);
}

Result<Plan> make_plan(const Request& request, std::shared_ptr<const LoadedModel> model, const Catalog& catalog) {
  Plan plan;
  plan.request = request;
  plan.model = std::move(model);
  plan.catalog = &catalog;
  plan.notices = plan.model->notices;
  if (auto error = check_experts(plan.model->spec)) return *error;
  PLIMSOLL_TRY(plan.engine, catalog.engine(request.engine, "request.engine"));
  for (auto* decide : {decide_defaults, decide_formats, decide_workload, decide_device, decide_ranks})
    if (auto error = decide(plan)) return *error;
  return plan;
}

}  // namespace plimsoll
