# Writes family_table.cpp: every file of core/families is one family, and its stem is the family's id.
# A file without `extern const Family family_<id>` fails at the link, with that name in the message.
function(plimsoll_family_table output)
  set(declarations "")
  set(entries "")
  foreach(file IN LISTS ARGN)
    get_filename_component(id "${file}" NAME_WE)
    string(APPEND declarations "extern const Family family_${id};\n")
    string(APPEND entries "    &family_${id},\n")
  endforeach()
  file(CONFIGURE OUTPUT "${output}" @ONLY CONTENT [[
// Generated from the files of core/families.
#include <span>

#include "model/family.hpp"

namespace plimsoll {

@declarations@
namespace {
const Family* const family_list[] = {
@entries@};
}

std::span<const Family* const> families() { return family_list; }

}  // namespace plimsoll
]])
endfunction()
