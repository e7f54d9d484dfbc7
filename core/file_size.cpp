#include "file_size.hpp"

#include "answer.hpp"
#include "estimate.hpp"
#include "messages.hpp"
#include "storage/weight_bytes.hpp"

namespace plimsoll {
namespace {

class Account {
 public:
  explicit Account(const Plan& plan) : plan_(plan), inventory_(plan.model->inventory) {}

  Result<FileSize> make() {
    out_.read = plan_.weights_as_stored;
    if (out_.read) {
      from_headers();
    } else if (plan_.weight_formats.file) {
      from_file_type();
    } else if (auto error = from_checkpoint()) {
      return *error;
    }
    step(FileSizeCause::decompressed, whole_model(), loaded_);
    share();
    PLIMSOLL_TRY(const RankEstimate worst, estimate_worst(plan_, true));
    out_.device_weights_bytes = worst.weights_bytes;
    out_.needed_bytes = worst.needed_bytes;
    for (Segment& segment : segments_of(worst.tree, worst.worst_moment))
      if (segment.id != "weights" && segment.id != "decompressed_weights") out_.beside.push_back(std::move(segment));
    PLIMSOLL_TRY(out_.published_bytes, published());
    return std::move(out_);
  }

 private:
  /// `now` instead of `before`, by a cause.
  void step(FileSizeCause cause, u64 now, u64 before) {
    if (now != before) out_.steps.push_back({cause, static_cast<i64>(now) - static_cast<i64>(before)});
  }

  /// Headers, then what the files hold beside the tensors that run.
  void from_headers() {
    const CheckpointSummary& files = *plan_.request.model.checkpoint;
    const u64 tensors = files.tensor_bytes.value_or(plan_.checkpoint_bytes);
    Checked mtp, tied;
    for (const StoredTensors& stored : plan_.model->stored->tensors) {
      const Apart apart = stored.constant ? Apart::no : inventory_.tensors[stored.tensor].apart;
      const Checked bytes = Checked{stored.bytes} * stored.count;
      if (apart == Apart::mtp) mtp = mtp + bytes;
      if (apart == Apart::tied) tied = tied + bytes;
      if (apart == Apart::no && plain(stored.type)) out_.kept_bytes += bytes.value;
    }
    out_.file_bytes = files.file_bytes;
    step(FileSizeCause::headers, tensors, files.file_bytes);
    step(FileSizeCause::prediction_layers, 0, mtp.value);
    step(FileSizeCause::tied_head, 0, tied.value);
    step(FileSizeCause::other_tensors, plan_.checkpoint_bytes + mtp.value + tied.value, tensors);
    loaded_ = plan_.checkpoint_bytes;
    if (out_.kept_bytes == loaded_) out_.kept_bytes = 0;  // nothing is quantised
  }

  static bool plain(std::string_view type) {
    for (const std::string_view known : {"F32", "F16", "BF16", "F64", "f32", "f16", "bf16", "f64"})
      if (type == known) return true;
    return false;
  }

  void from_file_type() {
    const ModelFile& file = *plan_.weight_formats.file;
    Checked bytes;
    for (const FileTensor& held : file.tensors) {
      const Checked one = tensor_bytes(held.tensor, *held.format, Place::memory) * u64{held.tensor.layers};
      bytes = bytes + one;
      keep(*held.format, one);
      tie(held.tensor, one);
    }
    out_.file_bytes = file.padded_bytes;
    step(FileSizeCause::padding, bytes.value, file.padded_bytes);
    loaded_ = bytes.value;
    if (out_.kept_bytes == loaded_) out_.kept_bytes = 0;
  }

  /// The formats in the file; in memory they are the plan's own.
  [[nodiscard]] Result<PrecisionPlan> stored() const {
    const auto recipe = plan_.catalog->quantization(plan_.weight_format, "request.weight_format");
    const auto& own = plan_.weight_format == as_checkpoint ? plan_.model->spec.quantization : recipe.ok() ? recipe.value()->as_checkpoint : std::nullopt;
    if (!own) return plan_.weight_formats;
    return checkpoint_plan(*own, plan_.model->spec, inventory_, name_of(plan_.compute_dtype), *plan_.catalog, Place::checkpoint, "request.weight_format");
  }

  std::optional<Error> from_checkpoint() {
    const auto formats = stored();
    if (!formats.ok()) return formats.error();
    const u64 kept = weight_bytes(inventory_, formats.value(), Place::memory).value;
    Checked in_file, mtp;
    for (std::size_t number = 0; number < inventory_.tensors.size(); ++number) {
      const Tensor& tensor = inventory_.tensors[number];
      if (tensor.apart == Apart::tied) continue;
      formats.value().each_stored(inventory_, number, [&](const StorageFormat& format, u32 layers) {
        const Checked bytes = tensor_bytes(tensor, format, Place::checkpoint) * u64{layers} * u64{tensor.experts};
        (tensor.apart == Apart::mtp ? mtp : in_file) = (tensor.apart == Apart::mtp ? mtp : in_file) + bytes;
      });
    }
    out_.file_bytes = plan_.checkpoint_bytes;
    step(FileSizeCause::prediction_layers, 0, mtp.value);
    step(FileSizeCause::loading, kept, in_file.value);
    loaded_ = weight_bytes(inventory_, plan_.weight_formats, Place::memory).value;
    step(FileSizeCause::other_formats, loaded_, kept);
    split();
    return std::nullopt;
  }

  /// What of the weights in memory is quantised, and what is not.
  void split() {
    for (std::size_t number = 0; number < inventory_.tensors.size(); ++number) {
      const Tensor& tensor = inventory_.tensors[number];
      if (tensor.apart != Apart::no) continue;
      plan_.weight_formats.each_stored(inventory_, number, [&](const StorageFormat& format, u32 layers) {
        const Checked all = tensor_bytes(tensor, format, Place::memory) * u64{layers} * u64{tensor.experts};
        keep(format, all);
        tie(tensor, all);
        if (format.by_rows() || format.parts.size() < 2) return;
        const StorageFormat first{.id = format.id, .name = format.name, .source = format.source, .parts = {format.parts.front()}};
        out_.scales_bytes += all.value - (tensor_bytes(tensor, first, Place::memory) * u64{layers} * u64{tensor.experts}).value;
      });
    }
    if (out_.kept_bytes == loaded_) out_.kept_bytes = 0;
  }

  void keep(const StorageFormat& format, Checked bytes) {
    if (format.parts.size() == 1 && format.parts.front().elements_per_item == 1 && format.parts.front().item_bits >= 16) out_.kept_bytes += bytes.value;
  }
  void tie(const Tensor& tensor, Checked bytes) {
    if (tensor.role == Role::embedding && plan_.model->spec.tie_word_embeddings) out_.tied_bytes += bytes.value;
  }

  /// Weights of the whole model on one device, with what the first pass makes dense.
  [[nodiscard]] u64 whole_model() const { return fixed_part(plan_, RankShare{}).weights_bytes; }

  /// Devices cut most tensors and repeat the rest.
  void share() {
    Checked all;
    for (const RankShare& rank : plan_.ranks) {
      all = all + Checked{fixed_part(plan_, rank).weights_bytes} * u64{rank.count};
      out_.device_count = rank.tensor_parallel_size;
    }
    step(FileSizeCause::devices, all.value, whole_model());
    out_.weights_bytes = all.value;
  }

  [[nodiscard]] Result<u64> published() const {
    if (out_.read) return out_.file_bytes;
    Request request = plan_.request;
    request.weight_format.reset();
    PLIMSOLL_TRY(const Plan plain_plan, make_plan(request, plan_.model, *plan_.catalog));
    return plain_plan.checkpoint_bytes;
  }

  const Plan& plan_;
  const TensorInventory& inventory_;
  FileSize out_;
  u64 loaded_ = 0;  ///< after the steps so far
};

}  // namespace

Result<FileSize> file_size(const Plan& plan) {
  if (plan.trains()) return make_error(Say::no_such_kind, "request.workload.kind", {"training", "inference"});
  return Account(plan).make();
}

}  // namespace plimsoll
