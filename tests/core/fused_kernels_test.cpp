#include "plan.hpp"
#include "session.hpp"
#include "training/saved_blocks.hpp"
#include "training/training_buffers.hpp"
#include "training/training_kernels.hpp"
#include "training_cases.hpp"

using namespace plimsoll;
using namespace plimsoll::testing;
using plimsoll::test::ask;

namespace {

u64 highest(const StepPeak& p) {
  return std::max({p.before_forward, p.forward_peak, p.loss, p.backward_peak, p.end_of_backward, p.optimizer_step, p.after_step});
}

/// What comes and goes in a step whose gradients stand in a buffer, with the batch.
u64 dynamic_bytes(const ModelSpec& model, const TrainingPass& pass) {
  TermTree tree(false);
  tree.open("test", Combine::sum);
  TrainedState state{.parts = {{.parameters = 1, .gradient_bytes = 4, .embedding = true}}, .gradients_stand = true};
  const StepPeak peak = add_step_moments(tree, model, pass, state);
  return highest(peak) + add_buffers(tree, model, pass);
}

TrainingPass megatron_pass(JsonView view) {
  TrainingPass pass{.kernels = TrainingKernels::transformer_engine, .attention = *enum_from<TrainingAttention>(*view["attention"].string())};
  if (view["recompute"].present()) pass.recompute = *enum_from<RecomputeGranularity>(*view["recompute"].string());
  if (view["precision"].present()) pass.precision = *enum_from<TrainingPrecision>(*view["precision"].string());
  return pass;
}

ModelSpec model_from(std::string_view text) {
  const Result<JsonDocument> document = JsonDocument::parse(std::string(text), "config");
  return model_of(document.value().root());
}

/// What a gated MLP keeps, its input too.
u64 kept_by_mlp(TrainingKernels kernels, Mlp::Activation activation, u64 sequences, u64 tokens) {
  const TrainingPass pass{.micro_batch_size = sequences, .sequence_length = tokens, .kernels = kernels};
  Values v;
  v[Symbol::L] = 1;
  v[Symbol::B] = sequences;
  v[Symbol::T] = tokens;
  v[Symbol::h] = 4096;
  v[Symbol::f] = 11008;
  static constexpr LedgerItem input = saved("saved.mlp_input", "L * b_a * B * T * h");
  Tape tape(pass, v, pass.training_of(0));
  trace_mlp(tape, {.intermediate_size = 11008, .activation = activation}, {}, tape.make(input, 2, true));
  return tape.saved_bytes();
}

bool has_notice(const Plan& plan, std::string_view code) {
  return std::any_of(plan.notices.begin(), plan.notices.end(), [&](const Notice& notice) { return notice.code == code; });
}

const Term* node_of(const Term& term, std::string_view id) {
  if (term.id == id) return &term;
  for (const Term& child : term.children)
    if (const Term* found = node_of(child, id)) return found;
  return nullptr;
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

TEST_CASE("a mixture of Megatron-LM keeps routed tokens, both halves of the gate, their product, and where each token went", "[training][kernels]") {
  const ModelSpec model = model_from(R"({"model_type": "mixtral", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 4, "num_local_experts": 8, "num_experts_per_tok": 2})");
  const TrainingPass pass{.micro_batch_size = 2, .sequence_length = 128, .kernels = TrainingKernels::transformer_engine};
  const u64 attention = 4 * 64 + 2 * 4 * 64 + 4 + 4 * 4;  // norm in and out, four tensors of the heads, both statistics
  const u64 router = 8 * 2 + 4 * 2 + 2 * 8 + 8;           // chosen, their softmax, a weight and a byte for each expert
  const u64 experts = 2 * 2 * 64 + 2 * 6 * 192 + 2 * 2 + 8 * (8 + 2);
  CHECK(saved_per_layer(model, pass, 1).value == 256 * (attention + 4 * 64 + 4 + router + experts) + 16);
}

TEST_CASE("latent attention of Megatron-LM keeps both latents as they come and normed, and expanded heads", "[training][kernels]") {
  const ModelSpec model = model_from(R"({"model_type": "deepseek_v3", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 4, "q_lora_rank": 24, "kv_lora_rank": 16, "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16,
    "first_k_dense_replace": 2, "n_routed_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "n_group": 2, "topk_group": 1})");
  TrainingPass pass{.micro_batch_size = 2, .sequence_length = 128, .kernels = TrainingKernels::transformer_engine, .attention = TrainingAttention::eager};
  const u64 low = 8 * 64 + 4 * 24 + 2 * (16 + 8) + 2 * 16, heads = 4 * (4 * 24 + 4 * 16), statistics = 4 * 4, mlp = 6 * 192;
  const u64 table = 4 * 128 * 8, scores = 2 * 2 * 4 * 128 * 128;
  CHECK(saved_per_layer(model, pass, 1).value == 256 * (low + heads + statistics + mlp) + table + scores);
  pass.attention = TrainingAttention::flash_attention_2;  // values padded to 24, its result too, then cut
  CHECK(saved_per_layer(model, pass, 1).value == 256 * (low + heads + statistics + mlp + 4 * 4 + 4 * (2 * 8 + 2 * 24)) + table + 16);
}

TEST_CASE("a gated MLP keeps what Liger's benchmark shows, with its kernel and without", "[training][kernels]") {
  const JsonDocument document = case_file("fused_kernels.json");
  const JsonView rows = document.root()["gated_mlp"]["rows"];
  const u64 matrix = u64{4096} * 11008 * 2, workspaces = 2 * u64{8320} * 1024;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const JsonView row = rows.at(i);
    const u64 sequences = *row["B"].whole(), tokens = *row["T"].whole(), each = sequences * tokens * 2;
    const u64 beside = (3 + *row["gradients"].whole()) * matrix + workspaces + each * (11008 * *row["tensors_f"].whole() + 4096 * *row["tensors_h"].whole());
    const auto recorded = static_cast<u64>(*row["mib"].number() * (1 << 20));
    INFO(*row["name"].string() << ", " << *row["kernels"].string() << ", " << tokens << " tokens");
    const auto activation = *row["activation"].string() == "silu" ? Mlp::Activation::silu : Mlp::Activation::gelu_tanh;
    CHECK(kept_by_mlp(*enum_from<TrainingKernels>(*row["kernels"].string()), activation, sequences, tokens) == recorded - beside);
  }
}

TEST_CASE("Liger's norm keeps its input and one number a row, and Liger passes over what it has no kernels for", "[training][kernels]") {
  const std::string_view shape = R"("vocab_size": 1000, "hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 2, "num_attention_heads": 4)";
  const ModelSpec llama = model_from(R"({"model_type": "llama", "num_key_value_heads": 2, )" + std::string(shape) + "}");
  TrainingPass pass{.micro_batch_size = 2, .sequence_length = 128, .kernels = TrainingKernels::liger};
  CHECK(saved_per_layer(llama, pass, 1).value == 256 * (8 * 64 + 4 * 64 + 4 * 32 + 6 * 192 + 2 * 4 + 4 * 4) + 24);
  const ModelSpec neox = model_from(R"({"model_type": "gpt_neox", "max_position_embeddings": 256, )" + std::string(shape) + "}");
  CHECK_FALSE(neox.liger);
  const u64 unpatched = saved_per_layer(neox, pass, 1).value;
  pass.kernels = TrainingKernels::transformers;
  CHECK(saved_per_layer(neox, pass, 1).value == unpatched);
}

TEST_CASE("Liger's experts keep what the gate was made from, and no routed copy", "[training][kernels]") {
  const ModelSpec model = model_from(R"({"model_type": "mixtral", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 4, "num_local_experts": 8, "num_experts_per_tok": 2})");
  TrainingPass pass{.micro_batch_size = 2, .sequence_length = 128};
  const u64 apart = saved_per_layer(model, pass, 1).value;
  pass.kernels = TrainingKernels::liger;
  const u64 norms = 2 * 256 * 4 * 64, rows = 512;  // an FP32 copy and an unweighted tensor become the input: 2 h less each, twice
  const u64 experts = rows * (2 * 64 + 2 * 2 * 192 + 2 * 192 + 2 * 192 + 2 * 64 + 24) + 4 * 8, fused = rows * (2 * 2 * 192 + 12) + 4 * 9 + 8 * (8 + 8);
  CHECK(apart - saved_per_layer(model, pass, 1).value == norms + experts - fused);
}

TEST_CASE("a compiled layer keeps what torch's partitioner kept", "[training][kernels]") {
  const JsonDocument document = case_file("fused_kernels.json");
  const JsonView layers = document.root()["compiled"]["layers"];
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const JsonView layer = layers.at(i);
    TrainingPass pass{.micro_batch_size = *layer["B"].whole(), .sequence_length = *layer["T"].whole(), .kernels = TrainingKernels::compiled,
                      .attention = *enum_from<TrainingAttention>(*layer["attention"].string())};
    INFO(*layer["name"].string());
    CHECK(saved_per_layer(model_of(layer["config"]), pass, 1).value == *layer["read"].whole() - *layer["less"].whole() + *layer["more"].whole());
  }
}

TEST_CASE("what a compiled layer keeps is assumed, with a low and a high end, and said so", "[training][kernels]") {
  const auto asked = ask("meta-llama/Llama-3.2-1B").train({.method = TrainingMethod::full, .sequence_length = 512, .kernels = TrainingKernels::compiled});
  CHECK(has_notice(asked.plan(), "kernels_assumed"));
  TermTree tree(true);
  const ModelSpec model = model_from(R"({"model_type": "llama", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 2,
    "num_attention_heads": 4})");
  add_saved_activations(tree, model, {.micro_batch_size = 2, .sequence_length = 128, .kernels = TrainingKernels::compiled});
  const Term* layers = nullptr;
  const Term saved = tree.take();
  REQUIRE((layers = node_of(saved, "saved.layers")) != nullptr);
  for (const Term& leaf : layers->children) {
    CHECK(leaf.formula->basis == Basis::assumed);
    CHECK((*leaf.formula->low <= leaf.bytes && leaf.bytes <= *leaf.formula->high));
  }
  CHECK(spread_of(saved).low < saved.bytes);
}

TEST_CASE("kernels that cannot run a request refuse it with its place", "[training][kernels]") {
  const auto refused = [](std::string_view model, TrainingWorkload workload) {
    const auto made = ask(std::string(model)).train(std::move(workload)).try_plan();
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().where == "request.workload.kernels");
    CHECK(made.error().code == ErrorCode::unsupported_combination);
  };
  const TrainingWorkload megatron{.method = TrainingMethod::full, .precision = "bf16_master", .kernels = TrainingKernels::transformer_engine};
  CHECK(ask("meta-llama/Llama-3.2-1B").train(megatron).try_plan().ok());
  TrainingWorkload other = megatron;
  other.method = TrainingMethod::lora;
  refused("meta-llama/Llama-3.2-1B", other);
  other = megatron;
  other.precision = "amp_bf16";
  refused("meta-llama/Llama-3.2-1B", other);
  other = megatron;
  other.attention = TrainingAttention::sdpa_math;
  refused("meta-llama/Llama-3.2-1B", other);
  refused("EleutherAI/pythia-6.9b", megatron);
  refused("google/gemma-2-2b", megatron);
  refused("meta-llama/Llama-3.2-1B", {.method = TrainingMethod::full, .precision = "fp8_master"});
  refused("meta-llama/Llama-3.2-1B", {.method = TrainingMethod::lora, .kernels = TrainingKernels::compiled});
}

TEST_CASE("Megatron-LM's recipes hold 18 and 20 bytes a parameter at the optimizer's step, and FP8 two more for each linear weight", "[training][kernels]") {
  const auto needed = [](std::string_view precision) {
    return ask("meta-llama/Llama-3.2-1B").train({.method = TrainingMethod::full, .sequence_length = 16, .precision = std::string(precision),
        .optimizer = OptimizerChoice{.id = "torch-adamw", .implementation = "fused"}, .kernels = TrainingKernels::transformer_engine}).report().tree;
  };
  const Term bf16 = needed("bf16_master"), fp16 = needed("fp16_master"), fp8 = needed("fp8_master");
  const auto bytes = [](const Term& tree, std::string_view id) { const Term* node = node_of(tree, id); return node == nullptr ? u64{0} : node->bytes; };
  const u64 parameters = 1235814400;
  CHECK(bytes(bf16, "weights") + bytes(bf16, "master_weights") + bytes(bf16, "gradients") + bytes(bf16, "optimizer_states") >= 18 * parameters);
  CHECK(bytes(fp16, "weights") == 2 * parameters);
  CHECK(bytes(fp16, "gradients") == 2 * parameters);
  CHECK(bytes(fp16, "master_gradients") == 4 * parameters);
  CHECK(bytes(fp8, "fp8_weights") == 2 * u64{16} * (2048 * 2048 * 2 + 2 * 512 * 2048 + 3 * 2048 * 8192));
}
