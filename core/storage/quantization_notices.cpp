#include "storage/quantization_notices.hpp"

#include <algorithm>

#include "messages.hpp"

namespace plimsoll {
namespace {

/// Calls `each(tensor, loaded format, layers)` for what is loaded.
template <class Each>
void each_loaded(const DecidedQuantization& d, Each each) {
  for (std::size_t number = 0; number < d.inventory.tensors.size(); ++number) {
    const Tensor& tensor = d.inventory.tensors[number];
    if (tensor.apart != Apart::no) continue;
    d.loaded.each_stored(d.inventory, number, [&](const StorageFormat& format, u32 layers) { each(tensor, format, layers); });
  }
}

/// Bytes of what is quantised if it were not.
u64 dense_bytes(const DecidedQuantization& d) {
  Checked bytes;
  each_loaded(d, [&](const Tensor& tensor, const StorageFormat& format, u32 layers) {
    if (!format.by_rows()) bytes = bytes + tensor.elements() * u64{tensor.experts} * u64{layers} * u64{d.dtype_bytes};
  });
  return bytes.value;
}

/// Bytes of routed experts that are left in the model's type though the file has them quantised.
u64 experts_left(const DecidedQuantization& d) {
  Checked bytes;
  for (std::size_t number = 0; number < d.inventory.tensors.size(); ++number) {
    const Tensor& tensor = d.inventory.tensors[number];
    if (!tensor.routed || tensor.apart != Apart::no || tensor.rank - tensor.stacked != 2) continue;
    u32 quantised = 0, kept = 0;
    d.stored.each_stored(d.inventory, number, [&](const StorageFormat& format, u32 layers) { quantised += format.id != d.dtype ? layers : 0; });
    d.loaded.each_stored(d.inventory, number, [&](const StorageFormat& format, u32 layers) { kept += format.id == d.dtype ? layers : 0; });
    bytes = bytes + tensor.elements() * u64{tensor.experts} * u64{std::min(quantised, kept)} * u64{d.dtype_bytes};
  }
  return bytes.value;
}

/// Whether a name has the entry between dots, though it does not begin or end with it.
bool has_inside(std::string_view name, std::string_view entry) { return name.find("." + std::string(entry) + ".") != std::string_view::npos; }

/// An entry of a skip list that is compared in vain, and what it would have kept.
void add_missed(std::vector<Notice>& out, const DecidedQuantization& d, const std::string& where) {
  if (d.method.language != NameLanguage::modules) return;
  for (const std::string& entry : d.method.ignored) {
    Checked bytes;
    bool holds = false;
    each_loaded(d, [&](const Tensor& tensor, const StorageFormat& format, u32 layers) {
      const std::string name = module_name(tensor, 0, false);
      holds = holds || holds_name(d.method.language, entry, name);
      if (!format.by_rows() && has_inside(name, entry)) bytes = bytes + tensor_bytes(tensor, format, Place::memory) * u64{tensor.experts} * u64{layers};
    });
    if (!holds && bytes.value > 0) out.push_back(make_notice(Say::skip_entry_misses, where, {cut(entry, 80), digits(bytes.value)}));
  }
}

void add_caution(std::vector<Notice>& out, const DecidedQuantization& d, u64 loaded, const std::string& where) {
  const std::string& method = d.method.method;
  switch (d.method.caution) {
    case Caution::none: return;
    case Caution::dense_after_forward:
      if (const u64 dense = dense_bytes(d); dense > 0) out.push_back(make_notice(Say::dense_after_forward, where, {method, d.dtype, digits(dense)}));
      return;
    case Caution::unpacked_when_loaded: return out.push_back(make_notice(Say::unpacked_when_loaded, where, {method, d.dtype, digits(dense_bytes(d))}));
    case Caution::not_loaded: return out.push_back(make_notice(Say::method_not_loaded, where, {method}));
    case Caution::refused: return out.push_back(make_notice(Say::method_refused, where, {method}));
    case Caution::needs_device: {
      const std::string_view capability = method == "mxfp4" ? "7.5" : "8.9";
      return out.push_back(make_notice(Say::dequantised_elsewhere, where, {method, d.dtype, digits(dense_bytes(d)), capability}));
    }
    case Caution::average_bits: return out.push_back(make_notice(Say::average_bits, where, {method}));
    case Caution::unknown: {
      const u64 least = (ceil_div(Checked{d.inventory.parameter_count} * u64{d.method.least_bits}, 8)).value;
      return out.push_back(make_notice(Say::unknown_quantization, where, {method, d.dtype, digits(loaded), digits(least), digits(d.method.least_bits)}));
    }
  }
}

}  // namespace

std::vector<Notice> quantization_notices(const DecidedQuantization& d, const std::string& where) {
  std::vector<Notice> out;
  const u64 loaded = weight_bytes(d.inventory, d.loaded, Place::memory).value;
  if (d.own && d.method.known())
    out.push_back(make_notice(Say::quantized_checkpoint, where,
                              {d.method.method, digits(loaded), digits(weight_bytes(d.inventory, d.stored, Place::checkpoint).value)}));
  add_caution(out, d, loaded, where);
  if (const u64 bytes = experts_left(d); bytes > 0) out.push_back(make_notice(Say::experts_not_quantised, where, {d.method.method, d.dtype, digits(bytes)}));
  add_missed(out, d, where);
  return out;
}

}  // namespace plimsoll
