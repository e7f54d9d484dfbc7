# Writes ggml_types.cpp: the block of each ggml type, from the formats of the catalogue that name its number. The catalogue is the one
# place that states them; a GGUF header is read where no catalogue is loaded.
function(plimsoll_ggml_types output)
  set(entries "")
  foreach(file IN LISTS ARGN)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    file(READ "${file}" text)
    string(JSON number ERROR_VARIABLE absent GET "${text}" ggml_type)
    if(absent)
      continue()
    endif()
    get_filename_component(id "${file}" NAME_WE)
    string(JSON bits GET "${text}" parts 0 item_bits)
    string(JSON elements ERROR_VARIABLE one GET "${text}" parts 0 elements_per_item)
    if(one)
      set(elements 1)
    endif()
    string(APPEND entries "    {\"${id}\", ${elements}, ${bits}, ${number}},\n")
  endforeach()
  file(CONFIGURE OUTPUT "${output}" @ONLY CONTENT [[
// Generated from the files of catalog/formats that name a ggml_type.
#include <array>

#include "checkpoint/stored_types.hpp"

namespace plimsoll {
namespace {

constexpr auto types = std::to_array<StoredType>({
    {"", 1, 0, ~0U},
@entries@});

}  // namespace

std::optional<StoredType> ggml_type(u32 id) {
  for (const StoredType& type : types)
    if (type.id == id && type.block_bits > 0) return type;
  return std::nullopt;
}

}  // namespace plimsoll
]])
endfunction()
