#pragma once
/// What the backward of an operator makes and loses, step by step, in the order of torch's autograd.

#include <array>

#include "units.hpp"

namespace plimsoll {

/// The gradient of one result of an operator. Node 0 is nobody's: no gradient is asked for.
struct Edge {
  u16 node = 0;
  u8 slot = 0;
};

struct BackwardStep {
  enum class Does : u8 {
    make,       ///< a storage of `elements` that the node alone holds, as its number `own`
    drop,       ///< `own` is gone
    give,       ///< `own` is the gradient of an input
    share,      ///< the gradient that came in slot `own` is the input's too
    parameter,  ///< the gradient of a trained tensor of `elements`
    release,    ///< a saved storage, the tape's line `elements`
    lose,       ///< the gradient that came in slot `own`
    lose_all    ///< every gradient that came
  };
  Does does{};
  u8 own = 0, input = 0;
  u8 bytes = 2;        ///< of an element
  bool view = false;   ///< of another shape: the engine then adds no second gradient in place
  u64 elements = 0;
};

struct AutogradNode {
  static constexpr std::size_t most_inputs = 3;
  u32 first_step = 0, end_step = 0;
  std::array<Edge, most_inputs> inputs{};
  u8 region = 0;  ///< of the tape's parts that run again alone
};

}  // namespace plimsoll
