/// The door between core and JavaScript: text in, text out, nothing to delete. The session is the module's only state.

#include <emscripten/bind.h>

#include "plimsoll.hpp"

namespace {

plimsoll::Session& session() {
  static plimsoll::Session only;
  return only;
}

std::string load_catalog(const std::string& catalog) { return session().load_catalog(catalog); }
std::string report(const std::string& request) { return session().report(request); }
std::string totals(const std::string& request) { return session().totals(request); }
std::string rank_devices(const std::string& request) { return session().rank_devices(request); }
std::string read_model(const std::string& request) { return session().read_model(request); }
std::string inspect_model(const std::string& request) { return session().inspect_model(request); }
std::string rule_table() { return session().rule_table(); }
std::string version() { return std::string(plimsoll::version()); }

}  // namespace

EMSCRIPTEN_BINDINGS(plimsoll) {
  emscripten::function("load_catalog", &load_catalog);
  emscripten::function("report", &report);
  emscripten::function("totals", &totals);
  emscripten::function("rank_devices", &rank_devices);
  emscripten::function("read_model", &read_model);
  emscripten::function("inspect_model", &inspect_model);
  emscripten::function("rule_table", &rule_table);
  emscripten::function("version", &version);
}
