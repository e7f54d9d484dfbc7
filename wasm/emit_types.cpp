/// Prints plimsoll.d.ts from wire.hpp and vocabulary.hpp, so that a name is spelled once.

#include <cstdio>
#include <type_traits>

#include "wire.hpp"

namespace {

using namespace plimsoll;

template <class T>
struct TypeName {
  static std::string get() {
    if constexpr (std::is_enum_v<T>) return std::string(EnumNames<T>::type);
    else return std::string(Wire<T>::name);
  }
};
template <> struct TypeName<std::string> { static std::string get() { return "string"; } };
template <> struct TypeName<std::string_view> { static std::string get() { return "string"; } };
template <> struct TypeName<u64> { static std::string get() { return "number"; } };
template <> struct TypeName<i64> { static std::string get() { return "number"; } };
template <> struct TypeName<bool> { static std::string get() { return "boolean"; } };
template <class T> struct TypeName<std::optional<T>> { static std::string get() { return TypeName<T>::get() + " | null"; } };
template <class T> struct TypeName<std::vector<T>> { static std::string get() { return TypeName<T>::get() + "[]"; } };
template <class... Ts> struct TypeName<std::variant<Ts...>> {
  static std::string get() {
    std::string all;
    ((all += (all.empty() ? "" : " | ") + TypeName<Ts>::get()), ...);
    return all;
  }
};

template <class E>
void emit_enum() {
  std::string names;
  for (const std::string_view name : EnumNames<E>::names) names += (names.empty() ? "'" : " | '") + std::string(name) + "'";
  std::printf("export type %s = %s;\n", TypeName<E>::get().c_str(), names.c_str());
}

template <class T>
void emit() {
  std::printf("export interface %s {\n", TypeName<T>::get().c_str());
  if (!wire_kind<T>.empty()) std::printf("  kind: '%s';\n", std::string(wire_kind<T>).c_str());
  std::apply([](const auto&... field) {
    (std::printf("  %s%s: %s;\n", std::string(field.name).c_str(), Wire<T>::input ? "?" : "",
                 TypeName<std::remove_reference_t<decltype(std::declval<T>().*field.member)>>::get().c_str()), ...);
  }, Wire<T>::fields);
  std::printf("}\n");
}

template <class... Ts>
void emit_all() {
  (emit<Ts>(), ...);
}

}  // namespace

int main() {
  std::puts("// Generated from core/wire.hpp and core/vocabulary.hpp by wasm/emit_types.cpp: do not edit.\n");
  std::puts("export type Outcome<T> = { ok: true; value: T } | { ok: false; error: PlimsollError };");
  std::puts("");
  emit_enum<ErrorCode>();
  emit_enum<Basis>();
  emit_enum<Combine>();
  emit_enum<plimsoll::Outcome>();
  emit_enum<Limit>();
  emit_enum<AttentionImplementation>();
  emit_enum<TrainingMethod>();
  emit_enum<TrainingObjective>();
  emit_enum<TrainingKernels>();
  emit_enum<TrainingAttention>();
  emit_enum<RecomputeGranularity>();
  emit_enum<RecomputeMethod>();
  emit_enum<RecomputeModule>();
  emit_enum<ActivationOffloading>();
  emit_enum<LossImplementation>();
  emit_enum<KeptLogits>();
  emit_enum<ComputeDtype>();
  emit_enum<Role>();
  emit_enum<Apart>();
  emit_enum<CheckpointKind>();
  emit_enum<DifferenceKind>();
  emit_enum<FileSizeCause>();
  std::puts("");
  emit_all<CheckpointTensors, CheckpointMetadata, CheckpointSummary, ModelChoice, InferenceWorkload, OptimizerChoice, LoraChoice, FrozenChoice, TrainingWorkload, ParallelChoice, DeviceChoice, Request, Error, Notice, Input, Derivation, Term, ByBasis, LayerKind,
           ModelSummary, Segment, RankNeed, DeviceFacts, Verdict, Answer, Capacity, StepMoment, LadderRung, LaunchFile, TrainingReport, Change, RuleReason, RuleSide, RuleSaving, RuleComparison, Report, Totals, RankedDevice, Ranking, FormatMatrixRequest, FormatCell, FormatRow, FormatMatrix, FileSizeStep, FileSize,
           RuleTableCell, RuleTrainingCell, RuleTable, InspectedTensor, Inspection, TensorDifference, CheckpointInspection, CatalogInfo>();
  return 0;
}
