# asyncbench_plugin(NAME SOURCES ... [LIBRARIES ...])
# A plugin, NAME.so: strategies and workloads for asyncbench's --plugin. find_package(asyncbench)
# brings this function, and asyncbench's own build has it, too.
function(asyncbench_plugin name)
  cmake_parse_arguments(PLUGIN "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(${name} MODULE ${PLUGIN_SOURCES})
  target_link_libraries(${name} PRIVATE asyncbench::plugin ${PLUGIN_LIBRARIES})
  # Two plugins with classes of the same name must not get in each other's way.
  set_target_properties(${name} PROPERTIES PREFIX ""
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()
