#include "training/training_buffers.hpp"
#include "training_cases.hpp"

using namespace plimsoll;
using namespace plimsoll::testing;

namespace {

u64 highest(const StepPeak& p) {
  return std::max({p.before_forward, p.forward_peak, p.loss, p.backward_peak, p.end_of_backward, p.optimizer_step, p.after_step});
}

/// What comes and goes in a step whose gradients stand in a buffer, with the batch.
u64 dynamic_bytes(const ModelSpec& model, const TrainingPass& pass) {
  TermTree tree(false);
  tree.open("test", Combine::sum);
  TrainedState state{.parts = {{.parameters = 1, .gradient_bytes = 4, .first_layer = 1, .embedding = true}}, .gradients_stand = true};
  const StepPeak peak = add_step_moments(tree, model, pass, state);
  return highest(peak) + add_buffers(tree, model, pass);
}

TrainingPass megatron_pass(JsonView view) {
  TrainingPass pass{.kernels = TrainingKernels::transformer_engine, .attention = *enum_from<TrainingAttention>(*view["attention"].string())};
  if (view["recompute"].present()) pass.recompute = *enum_from<RecomputeGranularity>(*view["recompute"].string());
  if (view["precision"].present()) pass.precision = *enum_from<TrainingPrecision>(*view["precision"].string());
  return pass;
}

}  // namespace

TEST_CASE("what Megatron-LM's own tests record at the highest moment of a step is met but for the allocator's rounding", "[training][kernels]") {
  const JsonDocument document = case_file("fused_kernels.json");
  const ModelSpec model = model_of(document.root()["config"]);
  const JsonView passes = document.root()["passes"];
  for (std::size_t i = 0; i < passes.size(); ++i) {
    TrainingPass pass = megatron_pass(passes.at(i));
    pass.micro_batch_size = 4;
    pass.sequence_length = 1024;
    INFO(*passes.at(i)["name"].string());
    CHECK(saved_per_layer(model, pass, 3).value == *passes.at(i)["layer"].whole());
    const u64 counted = dynamic_bytes(model, pass), recorded = *passes.at(i)["dynamic"].whole();
    CHECK(counted <= recorded);  // the random state of a layer and a count of tokens take 512 bytes each
    CHECK(recorded - counted <= 512 * (model.num_hidden_layers() + 1));
  }
}

TEST_CASE("a layer of Megatron-LM keeps what its modules save", "[training][kernels]") {
  const JsonDocument document = case_file("fused_kernels.json");
  const JsonView layers = document.root()["layers"];
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const JsonView entry = layers.at(i), like = entry["like"];
    const ModelSpec model = model_of((like.present() ? layers.at(*like.whole()) : entry)["config"]);
    TrainingPass pass = megatron_pass(entry);
    pass.micro_batch_size = *entry["B"].whole();
    pass.sequence_length = *entry["T"].whole();
    INFO(*entry["name"].string() << ": " << *entry["formula"].string());
    CHECK(saved_per_layer(model, pass, 1).value == *entry["bytes"].whole());
  }
}
