/// The door between core and JavaScript: text in, text out, nothing to delete. The session is the module's only state.

#include <emscripten/bind.h>
#include <emscripten/val.h>

#include "plimsoll.hpp"

namespace {

using emscripten::val;

plimsoll::Session& session() {
  static plimsoll::Session only;
  return only;
}

/// A JavaScript string. Embind's own conversion of std::string looks at every byte twice in JavaScript, that of C text looks for its end
/// there: both take longer than the browser's decoder, unless the text is short.
val text(const std::string& answer) {
  constexpr std::size_t short_text = 2048;
  if (answer.size() < short_text) return val::u8string(answer.c_str());
  static const val decoder = val::global("TextDecoder").new_();
  return decoder.call<val>("decode", emscripten::typed_memory_view(answer.size(), reinterpret_cast<const unsigned char*>(answer.data())));
}

val load_catalog(const std::string& catalog) { return text(session().load_catalog(catalog)); }
val report(const std::string& request) { return text(session().report(request)); }
val totals(const std::string& request) { return text(session().totals(request)); }
val rank_devices(const std::string& request) { return text(session().rank_devices(request)); }
val format_matrix(const std::string& request) { return text(session().format_matrix(request)); }
val file_size(const std::string& request) { return text(session().file_size(request)); }
val read_model(const std::string& request) { return text(session().read_model(request)); }
val inspect_model(const std::string& request) { return text(session().inspect_model(request)); }
val rule_table() { return text(session().rule_table()); }
val version() { return text(std::string(plimsoll::version())); }

}  // namespace

EMSCRIPTEN_BINDINGS(plimsoll) {
  emscripten::function("load_catalog", &load_catalog);
  emscripten::function("report", &report);
  emscripten::function("totals", &totals);
  emscripten::function("rank_devices", &rank_devices);
  emscripten::function("format_matrix", &format_matrix);
  emscripten::function("file_size", &file_size);
  emscripten::function("read_model", &read_model);
  emscripten::function("inspect_model", &inspect_model);
  emscripten::function("rule_table", &rule_table);
  emscripten::function("version", &version);
}
