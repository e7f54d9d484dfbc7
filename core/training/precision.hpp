#pragma once
/// Which types a training recipe keeps: the catalogue's precisions.

#include <string_view>

#include "vocabulary.hpp"

namespace plimsoll {

struct PrecisionRecipe {
  std::string_view id, name, source;
  Basis basis{};
  TrainingPrecision compute{};
  std::string_view weights;         ///< format ids, of trained weights
  std::string_view gradients;
  std::string_view master_weights;  ///< empty: the optimizer steps the weights themselves
  std::string_view master_gradients;  ///< of copies made for the optimizer's step alone; empty: none
  bool gradients_stay = false;      ///< one buffer that lives from step to step
};

}  // namespace plimsoll
