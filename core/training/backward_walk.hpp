#pragma once
/// A layer's backward, operator by operator: the highest moment inside it.

#include <array>
#include <vector>

#include "training/tape.hpp"

namespace plimsoll {

/// What becomes of a trained tensor's gradient once it is made.
enum class NewGradients : u8 {
  stay,   ///< it is kept as the parameter's
  added   ///< to what an earlier micro batch left, or to a buffer that stands: it is gone at once
};

/// Elements by the bytes of one.
class ByWidth {
 public:
  constexpr u64& operator[](u32 bytes) { return elements_[place(bytes)]; }
  constexpr u64 operator[](u32 bytes) const { return elements_[place(bytes)]; }
  void add(const ByWidth& other) {
    for (std::size_t i = 0; i < elements_.size(); ++i) elements_[i] += other.elements_[i];
  }
  void subtract(const ByWidth& other) {
    for (std::size_t i = 0; i < elements_.size(); ++i) elements_[i] -= other.elements_[i];
  }
  [[nodiscard]] u64 bytes() const { return elements_[0] + 2 * elements_[1] + 4 * elements_[2] + 8 * elements_[3]; }

 private:
  static constexpr std::size_t place(u32 bytes) { return bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3; }
  std::array<u64, 4> elements_{};
};

/// Runs the nodes of a tape from the last to the first, as torch's engine does.
///
/// Formula  a gradient is dropped when the operator that takes it is done, a saved storage when the last operator that saved it is; a
///          second gradient of one tensor is added in place where the engine holds the first alone and it is no view
/// Units    bytes
/// Assumes  no memory inside kernels; compiled and Transformer Engine's layers are looked at before their first operator alone
/// Source   torch-autograd (engine.cpp, input_buffer.cpp, derivatives.yaml)
/// Tested   tests/core/step_moments_test.cpp; conformance with measured steps
class BackwardWalk {
 public:
  /// `out` is the layer's result, whose gradient comes from the layer after it. The input stays until the end where a checkpoint holds it.
  BackwardWalk(const Tape& tape, const Traced& out, NewGradients gradients, bool input_stays);

  /// At the highest moment: what the layer saved and still is there, gradients on their way, what the operator's backward made for
  /// itself, and gradients of parameters.
  [[nodiscard]] u64 peak_bytes() const { return peak_; }
  /// Elements of the trained tensors: all, and those whose gradients are made by then and stay.
  [[nodiscard]] const ByWidth& trained() const { return trained_; }
  [[nodiscard]] const ByWidth& made() const { return made_at_peak_; }

  /// What is there at the highest moment, beside gradients of parameters that stay.
  struct Snapshot {
    std::vector<u32> saved;  ///< lines of the tape
    ByWidth gradients;       ///< elements, on their way or made by the operator at hand
  };
  [[nodiscard]] Snapshot at_peak() const;

 private:
  struct Store {
    u64 elements = 0;
    u64 bytes = 0;
    u32 width = 1, references = 0;
  };
  struct Slot {  ///< a gradient that waits for its operator
    u32 store = 0;
    bool view = false;
  };
  static constexpr std::size_t slots = 3;

  void run(u64 until);
  void look_at_start();
  void start_region(u8 number);
  void run_node(const AutogradNode& node, u16 number);
  void run_step(const BackwardStep& step, const AutogradNode& node, u16 number);
  u32 new_store(u64 elements, u32 bytes);
  void hold(u32 store);
  void let_go(u32 store);
  void receive(const Edge& edge, u32 store, bool view);
  void lose_gradient(Slot& slot);
  void lose_gradients(u16 number);
  void new_parameter(const BackwardStep& step);
  void look();
  [[nodiscard]] bool stopped() const { return looks_ == until_; }

  const Tape& tape_;
  Traced out_;
  NewGradients gradients_;
  bool input_stays_, at_start_ = false;
  u8 largest_region_ = 0;
  std::vector<Store> stores_;
  std::vector<Slot> waiting_;
  std::array<u32, 16> own_{};
  std::array<bool, 32> region_started_{};
  u64 now_ = 0, peak_ = 0;
  u64 looks_ = 0, peak_look_ = 0, until_ = 0;  ///< a second run to the highest look shows what is there
  ByWidth made_, made_at_peak_, trained_;
};

}  // namespace plimsoll
