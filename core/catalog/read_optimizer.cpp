#include "catalog/read_optimizer.hpp"

namespace plimsoll {
namespace {

std::string_view text(JsonView value) { return value.string().value_or(""); }
bool flag(JsonView value) { return value.boolean().value_or(false); }

/// A word of an enum; left out means the first.
template <class E>
E word(JsonView value) {
  return enum_from<E>(text(value)).value_or(E{});
}

StateRule read_state(JsonView json) {
  StateRule rule{.key = text(json["key"]), .shape = word<StateShape>(json["shape"]), .dtype = word<StateDtype>(json["dtype"]),
                 .copies = static_cast<u32>(json["copies"].whole().value_or(1)), .only = word<StateTensors>(json["only"]),
                 .when = text(json["when"]), .shared = flag(json["shared"]), .place = word<StatePlace>(json["place"]), .moves = {}};
  const JsonView moves = json["moves"];
  for (std::size_t i = 0; i < moves.size(); ++i)
    rule.moves.push_back({text(moves.at(i)["when"]), word<StatePlace>(moves.at(i)["place"]), moves.at(i)["from_elements"].whole().value_or(0)});
  return rule;
}

std::optional<StateQuantisation> read_quantisation(JsonView json) {
  if (!json.present()) return std::nullopt;
  return StateQuantisation{.min_elements = json["min_elements"].whole().value_or(0), .block = json["block"].whole().value_or(1),
                           .table_entries = json["table_entries"].whole().value_or(0), .block_is_option = flag(json["block_is_option"]),
                           .whole_blocks = flag(json["whole_blocks"]), .plain_embeddings_when = text(json["plain_embeddings_when"])};
}

OptimizerImplementation read_implementation(JsonView json) {
  OptimizerImplementation implementation{.id = text(json["id"]), .transient = {}};
  const JsonView transient = json["transient"];
  if (transient.present()) implementation.transient = StepTransient{text(transient["of"]) == "largest", transient["copies"].whole().value_or(0)};
  return implementation;
}

}  // namespace

Optimizer read_optimizer(std::string_view id, JsonView json) {
  Optimizer optimizer{.id = id, .name = text(json["name"]), .source = text(json["source"]), .python_class = text(json["class"]),
                      .basis = word<Basis>(json["basis"]), .options = {}, .states = {}, .quantisation = read_quantisation(json["quantisation"]),
                      .refuses = {}, .implementations = {}};
  const JsonView options = json["options"], states = json["states"], refuses = json["refuses"], ways = json["implementations"];
  for (std::size_t i = 0; i < options.size(); ++i) optimizer.options.push_back(text(options.at(i)));
  for (std::size_t i = 0; i < states.size(); ++i) optimizer.states.push_back(read_state(states.at(i)));
  for (std::size_t i = 0; i < refuses.size(); ++i)
    optimizer.refuses.push_back({word<StateTensors>(refuses.at(i)["only"]), text(refuses.at(i)["when"])});
  for (std::size_t i = 0; i < ways.size(); ++i) optimizer.implementations.push_back(read_implementation(ways.at(i)));
  return optimizer;
}

}  // namespace plimsoll
