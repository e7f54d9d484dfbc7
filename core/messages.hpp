#pragma once
/// The one table of what core says to people, in English and Simplified Chinese. Core composes no sentence anywhere else.

#include <initializer_list>
#include <string>
#include <string_view>

#include "result.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

enum class Say {
  empty_text, not_json, too_much_text, field_missing, not_an_object, wrong_kind, not_whole, below_least, above_most,
  list_too_short, unknown_word, no_model_type, unknown_family, unknown_id, unknown_key, model_source, bad_parameter_count,
  heads_do_not_group, heads_do_not_split, width_not_even, too_big, prompt_too_long, devices_and_ranks, no_memory_size,
  no_such_kind, file_unreadable, optimizer_refuses, base_not_quantised, trained_in_recipe_format, one_device_only, not_a_cache_format,
  no_such_module, no_targets, joined_in_one_tensor, parameters_without, kernels_refuse_setting, kernels_refuse_model,
  rows_fit_no_type, no_gguf_architecture, file_type_not_trained, checkpoint_not_quantised,
  file_kind_unknown, file_truncated, file_too_long, header_too_large, header_not_json, header_not_text, header_too_deep, tensor_field_missing,
  tensor_twice, tensor_size_differs, tensor_not_next, tensor_type_unknown, too_many_axes, name_too_long, count_impossible, gguf_magic,
  gguf_version, gguf_big_endian, gguf_value_type, gguf_flag, gguf_alignment, row_not_whole_blocks, files_missing, files_differ, not_in_index,
  header_needs_config, architecture_unknown, checkpoint_and_parameters,
  nothing_trained, no_gradient_reaches, packing_needs_flash, steps_in_backward_refuse, objective_refuses, teacher_vocabulary, reward_vocabulary,
  // notices
  class_default, context_clamped, past_model_length, dtype_assumed, quantized_checkpoint, uniform_format, typical_architecture,
  overhead_assumed, usable_estimated, mtp_apart, cache_format_idealised, eager_only, program_targets,
  experts_not_quantised, kernels_unpatched, kernels_assumed, int8_product_refuses, llama_file_type, imatrix_needed,
  dense_after_forward, unpacked_when_loaded, method_not_loaded, method_refused, dequantised_elsewhere, average_bits, unknown_quantization,
  skip_entry_misses, cache_of_other_engine,
  checkpoint_differs, weights_as_stored, gguf_in_transformers,
  generation_not_counted, teacher_type_assumed, value_model_assumed,
  count_
};

/// Fills {0}, {1}, ... of the message and of its hint in both languages.
Error make_error(Say what, std::string where, std::initializer_list<std::string_view> values = {});
Notice make_notice(Say what, std::string where, std::initializer_list<std::string_view> values = {});

/// The first `most` bytes of a text at most, without half a character at the end: for quoting what was given.
std::string_view cut(std::string_view text, std::size_t most);

/// The decimal digits of a number, for use as a value above.
std::string digits(unsigned long long number);

}  // namespace plimsoll
