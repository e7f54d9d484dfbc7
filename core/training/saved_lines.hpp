#pragma once
/// Storages of a tape as leaves.

#include "report/term.hpp"
#include "training/tape.hpp"

namespace plimsoll {

/// Adds the leaf of one storage in each of `layers` layers; nothing where it is empty. What a compiled layer keeps is assumed, with a band.
void add_line(TermTree& tree, const Tape& tape, const Tape::Line& line, u64 layers);

/// Adds those that are saved.
void add_lines(TermTree& tree, const Tape& tape, u64 layers);

}  // namespace plimsoll
