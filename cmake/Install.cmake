# `cmake --install`: the program, and what plugins are built with, found by find_package(asyncbench).
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/asyncbench)

install(TARGETS asyncbench)
if(ASYNCBENCH_TESTS)
  install(PROGRAMS $<TARGET_FILE:conformance_test> DESTINATION ${CMAKE_INSTALL_BINDIR}
          RENAME asyncbench-conformance)
endif()

# The flags are there for the libraries to link with, no plugin is compiled with them.
set_target_properties(asyncbench_flags PROPERTIES EXPORT_NAME flags)
set_target_properties(asyncbench_plugin PROPERTIES EXPORT_NAME plugin)
install(TARGETS asyncbench_plugin asyncbench_core asyncbench_http asyncbench_flags
        EXPORT asyncbench-targets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/harness/core ${PROJECT_SOURCE_DIR}/harness/http
        DESTINATION ${ASYNCBENCH_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT asyncbench-targets NAMESPACE asyncbench:: DESTINATION ${package_dir})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/asyncbench-config.cmake.in
  ${PROJECT_BINARY_DIR}/asyncbench-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/asyncbench-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/asyncbench-config.cmake
              ${PROJECT_BINARY_DIR}/asyncbench-config-version.cmake
              ${CMAKE_CURRENT_LIST_DIR}/AsyncbenchPlugin.cmake
        DESTINATION ${package_dir})

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
