// apply_rotary_pos_emb of the model files, backward.
#include <initializer_list>
#include <utility>

#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

/// What a product with a table in a wider type gives back to a narrower tensor is cast.
struct Turn {
  Backward& back;
  u8 wide, narrow;  ///< bytes of the tables' type and of the tensor's

  u8 product(u64 elements) const {
    const u8 made = back.make(elements, wide);
    if (wide == narrow) return made;
    const u8 cast = back.make(elements, narrow);
    back.drop(made);
    return cast;
  }
};

/// x * cos + rotate_half(x) * sin. `lost` drops the gradient that came.
template <class Lost>
void turn_halves(const Turn& turn, u64 elements, Lost lost) {
  Backward& back = turn.back;
  const u8 by_sine = turn.product(elements), negative = back.make(elements / 2, turn.narrow);
  const u8 second = back.make(elements, turn.narrow);
  back.drop(negative);
  const u8 first = back.make(elements, turn.narrow);
  back.drop(by_sine);
  back.drop(first);
  const u8 by_cosine = turn.product(elements);
  lost();
  back.give(0, second);
  back.give(0, by_cosine);
}

/// Four products of half the elements each: the second of a half is added to the first in place. Returns the gradients of both halves.
std::pair<u8, u8> turn_apart(const Turn& turn, u64 elements) {
  Backward& back = turn.back;
  const u8 first = turn.product(elements / 2), second = turn.product(elements / 2);
  const u8 negative = back.make(elements / 2, turn.wide), by_sine = turn.product(elements / 2);
  back.drop(negative);
  back.drop(by_sine);
  const u8 by_cosine = turn.product(elements / 2);
  back.lose();
  back.drop(by_cosine);
  return {first, second};
}

/// A slice's gradient is as large as what it was cut from.
void give_slices(Backward& back, const Traced& input, std::initializer_list<u8> slots) {
  for (const u8 slot : slots) {
    const u8 padded = back.make(input.elements, input.bytes);
    back.lose(slot);
    back.give(0, padded);
  }
}

void give_joined(Backward& back, const Traced& input, std::pair<u8, u8> halves) {
  const u8 joined = back.make(input.elements, input.bytes);
  back.drop(halves.first);
  back.drop(halves.second);
  back.give(0, joined);
}

/// fp32 complex numbers: the gradient is cast, copied as pairs where heads lie before tokens, and multiplied by the conjugate table.
void turn_complex(Backward& back, const Traced& input, u64 width, bool copied) {
  u8 pairs = back.make(input.elements, 4);
  back.lose();
  if (copied) {
    const u8 laid_out = back.make(input.elements, 4);
    back.drop(pairs);
    pairs = laid_out;
  }
  const u8 table = back.make(input.elements / width, 4), product = back.make(input.elements, 4);
  back.drop(table);
  back.drop(pairs);
  back.give_new(0);
  back.drop(product);
}

/// The part that is turned, and the rest beside it.
Traced turn_part(Tape& tape, const RotaryShape& shape, const Traced& input, const LedgerItem& result, u8 wide) {
  Traced turned = Tape::part(input, input.elements / shape.width * shape.turned), rest = Tape::part(input, input.elements - turned.elements);
  {
    Backward back(tape, {input});
    if (back.wants(0)) give_slices(back, input, {1, 0});
    turned.edge = back.out(0);
    rest.edge = back.out(1);
  }
  Backward back(tape, {turned, rest});
  back.share(1, 0, Backward::Shape::view);
  if (back.wants(0)) turn_halves({back, wide, input.bytes}, turned.elements, [&] { back.lose(); });
  return tape.make(result, wide, input.gradient, back.out());
}

}  // namespace

Traced trace_rotary(Tape& tape, const RotaryShape& shape, const Traced& input, const LedgerItem& result) {
  const u8 table = tape.pass().weight_bytes(), wide = input.bytes > table ? input.bytes : table;
  if (shape.style == RotaryStyle::joined || shape.style == RotaryStyle::joined_late) return turn_part(tape, shape, input, result, wide);
  Backward back(tape, {input});
  const Turn turn{back, wide, input.bytes};
  const u64 heads = input.elements / shape.width / (tape.values[Symbol::B] * tape.values[Symbol::T]);
  if (back.wants(0)) {
    switch (shape.style) {
      case RotaryStyle::halves: turn_halves(turn, input.elements, [&] { back.lose(); }); break;
      case RotaryStyle::split_tables: give_joined(back, input, turn_apart(turn, input.elements)); break;
      case RotaryStyle::interleaved: {
        const auto [even, odd] = turn_apart(turn, input.elements);
        for (const u8 slice : {odd, even}) {
          const u8 padded = back.make(input.elements, input.bytes);
          back.drop(slice);
          back.give(0, padded);
        }
        break;
      }
      case RotaryStyle::complex_product: turn_complex(back, input, shape.width, heads > 1 && tape.values[Symbol::T] > 1); break;
      case RotaryStyle::joined:
      case RotaryStyle::joined_late: break;
    }
  }
  return tape.make(result, wide, input.gradient, back.out());
}

}  // namespace plimsoll
