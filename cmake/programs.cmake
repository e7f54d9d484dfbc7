# One program per file of a folder: adding a file edits no list.

# The catalogue that programs read unless told otherwise.
set(PLIMSOLL_CATALOG "${PROJECT_SOURCE_DIR}/build/catalog.json" CACHE FILEPATH "Built catalogue")

function(plimsoll_program file)
  get_filename_component(stem "${file}" NAME_WE)
  string(REPLACE "_" "-" name "plimsoll-${stem}")
  add_executable(${name} "${file}")
  target_link_libraries(${name} PRIVATE plimsoll plimsoll_compiler)
  target_compile_definitions(${name} PRIVATE
    PLIMSOLL_CATALOG="${PLIMSOLL_CATALOG}" PLIMSOLL_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
endfunction()
