/// The door to the reading of headers, a module apart: the page loads it in a worker, and only when a file is given.

#include <emscripten/bind.h>
#include <emscripten/val.h>

#include "checkpoint/plimsoll_headers.hpp"

namespace {

using emscripten::val;

plimsoll::HeaderReading& reading() {
  static plimsoll::HeaderReading only;
  return only;
}

val text(const std::string& answer) { return val::u8string(answer.c_str()); }
val outcome(const std::optional<plimsoll::Error>& error) { return text(error ? plimsoll::refused_header(*error) : std::string()); }

/// An empty text, or an Outcome with the error.
val open(const std::string& name, double size) { return outcome(reading().open(name, static_cast<plimsoll::u64>(size))); }
/// {offset, size}, or null when the header is whole.
val wanted() {
  const auto slice = reading().wanted();
  if (!slice) return val::null();
  val out = val::object();
  out.set("offset", static_cast<double>(slice->offset));
  out.set("size", static_cast<double>(slice->size));
  return out;
}
std::string& bytes() {
  static std::string only;
  return only;
}

/// Where the bytes wanted are to be written: a view of so many, valid until the next call.
val buffer(double size) {
  bytes().resize(static_cast<std::size_t>(size));
  return val(emscripten::typed_memory_view(bytes().size(), reinterpret_cast<std::uint8_t*>(bytes().data())));
}
/// Takes what was written; an empty text, or an Outcome with the error.
val feed() { return outcome(reading().feed(bytes())); }
/// Outcome<CheckpointSummary>; the next file begins another checkpoint.
val finish() {
  const std::string answer = plimsoll::checkpoint_summary(reading());
  reading() = {};
  return text(answer);
}

}  // namespace

EMSCRIPTEN_BINDINGS(plimsoll_headers) {
  emscripten::function("open", &open);
  emscripten::function("wanted", &wanted);
  emscripten::function("buffer", &buffer);
  emscripten::function("feed", &feed);
  emscripten::function("finish", &finish);
}
