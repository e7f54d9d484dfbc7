#include "training/launch.hpp"

#include "messages.hpp"

namespace plimsoll {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;  // a line break in a name would end the line
  }
  return out + '"';
}

std::string launch_title(const Plan& plan) {
  const TrainingWorkload& asked = *std::get_if<TrainingWorkload>(&plan.request.workload);
  return std::string(name_of(asked.method)) + " of " + plan.request.model.preset.value_or("your model") + ", " + digits(*asked.micro_batch_size) + " x " +
         digits(*asked.sequence_length) + " tokens";
}

std::string unsaid_comment(const std::vector<std::string>& unsaid) {
  std::string out;
  for (const std::string& decision : unsaid) out += "# No setting of this program: " + decision + "\n";
  return out;
}

std::vector<LaunchArgument> optimizer_arguments(const OptimizerSetup& optimizer, std::vector<std::string>& unsaid) {
  std::vector<LaunchArgument> arguments = {{"lr", "1e-4"}};
  const std::string_view way = optimizer.implementation->id;
  if (optimizer.optimizer->python_class.substr(0, 12) == "torch.optim." && optimizer.optimizer->implementations.size() > 1) {
    arguments.emplace_back("foreach", way == "foreach" ? "True" : "False");
    if (way == "fused") arguments.emplace_back("fused", "True");
  }
  constexpr std::pair<std::string_view, std::string_view> switches[] = {
      {"amsgrad", "True"}, {"capturable", "True"}, {"centered", "True"}, {"momentum", "0.9"}, {"beta1", "0.9"}};
  for (const auto& [option, value] : switches)
    if (optimizer.has(option)) arguments.emplace_back(option, value);
  if (optimizer.has("paged")) arguments.emplace_back("is_paged", "True");
  if (optimizer.optimizer->python_class == "transformers.Adafactor") {  // its own schedule asks for no learning rate
    arguments.emplace_back("scale_parameter", "False");
    arguments.emplace_back("relative_step", "False");
  }
  if (optimizer.has("embeddings_32bit")) unsaid.emplace_back("embeddings_32bit");
  if (optimizer.rank != 0) unsaid.push_back("rank=" + digits(optimizer.rank) + ", which its parameter groups name");
  return arguments;
}

std::string freezing_lines(const FrozenChoice& frozen) {
  std::string out;
  const std::vector<std::string> words = frozen.modules.value_or(std::vector<std::string>{});
  std::string names;
  for (const std::string& word : words) names += quoted(word) + ", ";
  if (!words.empty())
    out += "\nfor name, module in model.named_modules():\n    if name.endswith((" + names + ")):\n        module.requires_grad_(False)\n";
  const std::string layers = digits(frozen.first_layers.value_or(0));
  if (layers != "0")
    out += "\nfor name, parameter in model.named_parameters():\n    number = next((part for part in name.split(\".\") if part.isdigit()), " + quoted(layers) +
           ")\n    if int(number) < " + layers + ":\n        parameter.requires_grad_(False)\n";
  return out;
}

std::vector<LaunchFile> launch_files(const Plan& plan) {
  if (plan.training().pass.objective != TrainingObjective::sft) return {};  // they are written for the next token alone
  std::vector<LaunchFile> files = {python_script(plan)};
  if (auto config = torchtune_config(plan)) files.push_back(std::move(*config));
  return files;
}

}  // namespace plimsoll
