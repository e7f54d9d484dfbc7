#pragma once
/// What autograd keeps: tensors, the storages behind them, and which storages an operator saved for its backward. A storage is
/// counted once however many operators save it, and whole however small the view is.

#include <initializer_list>
#include <string_view>
#include <vector>

#include "inference/pass_context.hpp"  // the other sources
#include "report/ledger.hpp"
#include "training/autograd_node.hpp"
#include "training/training_pass.hpp"

namespace plimsoll {

/// A tensor on the tape. A view has the storage of its base.
struct Traced {
  u32 storage = 0;
  u64 elements = 0;
  u8 bytes = 2;           ///< of an element
  bool gradient = false;  ///< whether a gradient flows to it
  Edge edge{};            ///< whose result it is
};

class Tape;

/// The backward of one operator, written where its forward is traced. What was saved since the operator before it is its own: what is
/// not released by a step is when its backward is done, and so is what it made and did not give away.
class Backward {
 public:
  Backward(Tape& tape, std::initializer_list<Traced> inputs);
  Backward(const Backward&) = delete;
  Backward& operator=(const Backward&) = delete;
  ~Backward();

  /// Whether the input asks for its gradient.
  [[nodiscard]] bool wants(u8 input) const { return inputs_[input].gradient; }
  /// Its number.
  u8 make(u64 elements, u8 bytes);
  void drop(u8 own);
  enum class Shape : u8 { same, view };
  void give(u8 input, u8 own, Shape shape = Shape::same);
  /// Makes the gradient of an input and gives it.
  void give_new(u8 input, Shape shape = Shape::same);
  /// The gradient that came in a slot is the input's too.
  void share(u8 input, u8 slot = 0, Shape shape = Shape::same);
  void parameter(u64 elements, u8 bytes);
  void release(const Traced& saved);
  void release_all();
  void lose();
  void lose(u8 slot);
  [[nodiscard]] Edge out(u8 slot = 0) const { return {node_, slot}; }

 private:
  void step(BackwardStep step);

  Tape& tape_;
  std::array<Traced, AutogradNode::most_inputs> inputs_{};
  u16 node_ = 0;
  u8 made_ = 0;
};

class Tape {
 public:
  struct Line {
    const LedgerItem* item = nullptr;
    Values values;
    u64 bytes = 0;
    bool saved = false;
    bool weight_copy = false;
    bool past_checkpoint = false;  ///< kept by an operator itself: a checkpoint that is not reentrant does not drop it
    bool of_output = false;  ///< of the model's output: there as long as the caller holds that
    u8 region = 0;           ///< made again for backward, in this region of the layer
    u8 dropped_in = 0;       ///< made in a region that drops its output: whoever saves it, it is made again
  };

  Tape(const TrainingPass& pass, const Values& symbols, const LayerTraining& training) : values(symbols), pass_(pass), training_(training) {
    lines_.reserve(96);
    nodes_.resize(1);
    nodes_.reserve(64);
    steps_.reserve(384);
  }

  Values values;  ///< of the symbols, as the block at hand sets them; an item's `b_a` is the tensor's own

  /// A new storage; it counts only once it is saved.
  Traced make(const LedgerItem& item, u8 bytes, bool gradient, Edge edge = {});
  void save(const Traced& tensor);
  void save_past_checkpoint(const Traced& tensor) {
    save(tensor);
    lines_[tensor.storage].past_checkpoint = true;
  }
  /// Marks what the model's output refers to.
  void put_out(const Traced& tensor) { lines_[tensor.storage].of_output = true; }
  /// A storage that is made and saved at once.
  Traced keep(const LedgerItem& item, u8 bytes = 4) {
    const Traced kept = make(item, bytes, false);
    save(kept);
    return kept;
  }
  /// `.to(dtype)`: the tensor itself where it has that dtype already.
  Traced cast(const Traced& tensor, u8 bytes);
  /// Autocast's copy for an operator of its lower-precision list.
  Traced lower(const Traced& tensor) { return pass_.autocast() ? cast(tensor, 2) : tensor; }
  /// A view of part of a tensor.
  static Traced part(Traced tensor, u64 elements) {
    tensor.elements = elements;
    return tensor;
  }
  /// Autocast's cast copy of a part's weight: of a trained one it is made once in a pass; of a frozen one for each use, and saved where
  /// a gradient flows to the input.
  void copy_weight(const LedgerItem& item);

  /// Runs a part of the layer that runs again in backward where the pass asks for it: of what it saves only its inputs are kept,
  /// and its output where a later operator saves it, unless that is dropped too.
  template <class Part>
  Traced run_part(RecomputeModule module, std::initializer_list<Traced> inputs, bool drops_output, Part part) {
    if (!pass_.runs_again(module) || region_ != 0) return part();
    for (const Traced& input : inputs) save(input);  // first, so that they are there until the part's first operator has run backward
    region_ = ++regions_;
    const std::size_t first = lines_.size();
    const Traced out = part();
    region_ = 0;
    for (std::size_t i = first; drops_output && i < lines_.size(); ++i) lines_[i].dropped_in = regions_;
    return out;
  }
  [[nodiscard]] u8 regions() const { return regions_; }

  /// The rotary tables are one storage for all layers: saved if any of them turns what has a gradient.
  void use_tables() { uses_tables_ = true; }
  [[nodiscard]] bool uses_tables() const { return uses_tables_; }

  /// An operator that gives each input the gradient that comes, such as a sum.
  Edge pass_gradient(std::initializer_list<Traced> inputs);
  /// An operator whose only backward is a new gradient of its input: a cast, a copy into another order, an activation.
  Edge new_gradient(const Traced& input);
  /// Another shape of the same storage.
  Traced reshaped(Traced tensor);

  [[nodiscard]] const TrainingPass& pass() const { return pass_; }
  /// Whether a gradient is asked for the weight of a part; whether an adapter is beside it.
  [[nodiscard]] bool trains(Part part) const { return training_.trains(part); }
  [[nodiscard]] bool adapts(Part part) const { return training_.adapts(part); }
  [[nodiscard]] const LayerTraining& training() const { return training_; }
  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }
  [[nodiscard]] const std::vector<AutogradNode>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<BackwardStep>& steps() const { return steps_; }
  [[nodiscard]] bool overflowed() const { return overflowed_; }
  [[nodiscard]] u64 saved_bytes() const;  ///< with the weights' copies
  [[nodiscard]] u64 weight_copy_bytes() const { return weight_copies_; }

 private:
  friend class Backward;
  const TrainingPass& pass_;
  LayerTraining training_;
  std::vector<Line> lines_;
  std::vector<AutogradNode> nodes_;
  std::vector<BackwardStep> steps_;
  std::vector<u32> pending_;  ///< saved by an operator whose node has not been written yet
  u64 weight_copies_ = 0;
  u8 region_ = 0, regions_ = 0;
  bool overflowed_ = false, uses_tables_ = false;
};

/// Sources of the items.
namespace source {
inline constexpr std::string_view training = "transformers-training", autograd = "torch-autograd", adapters = "peft-lora", magnitude = "peft-dora",
                                  saved_modules = "peft-modules-to-save", liger = "liger-kernel", partitioner = "torch-partitioner", unsloth = "unsloth-checkpointing", clipping = "torch-clipping", proximal = "trl-ppo";
}

consteval LedgerItem saved(const char* id, const char* formula, std::string_view from = source::autograd) {
  return {id, Formula(formula), from, 0};
}

}  // namespace plimsoll
