# `cmake --install`: the program with its documents, and what plugins are built with and held to,
# found by find_package(asyncbench).
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/asyncbench)
set(data_dir ${CMAKE_INSTALL_DATADIR}/asyncbench)

set(programs asyncbench)
if(TARGET asyncbench_conformance)
  list(APPEND programs asyncbench_conformance)
endif()
# The flags are there for the libraries to link with, no plugin is compiled with them.
set_target_properties(asyncbench_flags PROPERTIES EXPORT_NAME flags)
set_target_properties(asyncbench_plugin PROPERTIES EXPORT_NAME plugin)
get_property(for_plugins GLOBAL PROPERTY ASYNCBENCH_FOR_PLUGINS)
install(TARGETS ${programs} asyncbench_plugin ${for_plugins} asyncbench_flags
        EXPORT asyncbench-targets)
foreach(library IN LISTS for_plugins)
  get_target_property(part ${library} EXPORT_NAME)
  get_target_property(folder ${library} SOURCE_DIR)
  get_target_property(headers ${library} ASYNCBENCH_HEADERS)
  set(destination ${ASYNCBENCH_INSTALL_INCLUDEDIR}/${part})
  if(headers)
    foreach(header IN LISTS headers)
      cmake_path(GET header PARENT_PATH within)
      install(FILES ${folder}/${header} DESTINATION ${destination}/${within})
    endforeach()
  else()
    install(DIRECTORY ${folder}/ DESTINATION ${destination} FILES_MATCHING PATTERN "*.hpp")
  endif()
endforeach()
install(EXPORT asyncbench-targets NAMESPACE asyncbench:: DESTINATION ${package_dir})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/asyncbench-config.cmake.in
  ${PROJECT_BINARY_DIR}/asyncbench-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/asyncbench-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/asyncbench-config.cmake
              ${PROJECT_BINARY_DIR}/asyncbench-config-version.cmake
              ${CMAKE_CURRENT_LIST_DIR}/AsyncbenchPlugin.cmake
        DESTINATION ${package_dir})

# The strategy to copy, the suites to take a suite of one's own from, and the schemas of documents.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/strategies/template ${PROJECT_SOURCE_DIR}/bench/suites
                  ${PROJECT_SOURCE_DIR}/strategies/contenders ${PROJECT_SOURCE_DIR}/results/schema
        DESTINATION ${data_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md
              ${PROJECT_SOURCE_DIR}/LICENSE
        DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The man page and the completions, which the program renders from the definitions of its options.
if(NOT CMAKE_CROSSCOMPILING)
  foreach(page IN ITEMS
      "man ${CMAKE_INSTALL_MANDIR}/man1 asyncbench.1"
      "bash ${CMAKE_INSTALL_DATADIR}/bash-completion/completions asyncbench"
      "zsh ${CMAKE_INSTALL_DATADIR}/zsh/site-functions _asyncbench"
      "fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d asyncbench.fish")
    string(REPLACE " " ";" page "${page}")
    list(GET page 0 format)
    list(GET page 1 destination)
    list(GET page 2 name)
    set(file ${PROJECT_BINARY_DIR}/help/${format}/${name})
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/help/${format})
    add_custom_command(OUTPUT ${file} COMMAND asyncbench help --${format} > ${file})
    list(APPEND help_files ${file})
    install(FILES ${file} DESTINATION ${destination})
  endforeach()
  add_custom_target(asyncbench_help ALL DEPENDS ${help_files})
endif()
