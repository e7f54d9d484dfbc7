#include "engines/runtime_overhead.hpp"

namespace plimsoll {
namespace {

constexpr Formula measured{"m"};

/// Term ids live as long as the program; the catalogue's ids do not.
constexpr std::string_view term_id(std::string_view overhead) {
  if (overhead == "cuda_context") return "runtime_overhead.cuda_context";
  if (overhead == "collective_library") return "runtime_overhead.collective_library";
  return "runtime_overhead.process";
}

}  // namespace

u64 add_runtime_overhead(TermTree& tree, const Engine& engine, std::string_view vendor, u32 tensor_parallel_size) {
  tree.open("runtime_overhead", Combine::sum);
  for (const Overhead& overhead : engine.overheads) {
    if (overhead.tensor_parallel_only && tensor_parallel_size == 1) continue;
    const OverheadValue* value = overhead.for_vendor(vendor);
    if (value == nullptr) continue;
    Values v;
    v[Symbol::m] = value->bytes;
    tree.leaf(term_id(overhead.id), measured, v, {.source = value->source, .basis = value->basis, .low = value->low_bytes, .high = value->high_bytes});
  }
  return tree.close();
}

}  // namespace plimsoll
