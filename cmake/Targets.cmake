# The flags that every target gets, and the functions that declare the project's kinds of target.

set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g -fno-omit-frame-pointer")
# -O2 as distributions build, frame pointers so that profiles have whole stacks.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -fno-omit-frame-pointer")

add_library(asyncbench_flags INTERFACE)
add_library(asyncbench::flags ALIAS asyncbench_flags)
target_compile_options(asyncbench_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow)
if(ASYNCBENCH_WERROR)
  target_compile_options(asyncbench_flags INTERFACE -Werror)
endif()
# Designated initializers leave the rest to their defaults on purpose.
target_compile_options(asyncbench_flags INTERFACE -Wno-missing-field-initializers)
# g++ 12 sees std::string overrun its own buffer (GCC bug 105651) where a precompiled header hides
# that the code is the standard library's.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(asyncbench_flags INTERFACE
    -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
endif()
target_link_libraries(asyncbench_flags INTERFACE Threads::Threads)
if(ASYNCBENCH_SANITIZE)
  target_compile_options(asyncbench_flags INTERFACE -fsanitize=${ASYNCBENCH_SANITIZE})
  target_link_options(asyncbench_flags INTERFACE -fsanitize=${ASYNCBENCH_SANITIZE})
  # g++ 12 reports false positives under sanitizers.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(asyncbench_flags INTERFACE -Wno-maybe-uninitialized -Wno-tsan)
  endif()
endif()

if(ASYNCBENCH_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "ASYNCBENCH_FUZZ needs clang, which brings libFuzzer; this compiler is "
      "${CMAKE_CXX_COMPILER_ID}. Use: cmake --preset fuzz")
  endif()
  target_compile_options(asyncbench_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# asyncbench_precompiled(NAME [HEADERS ...] [LIBRARIES ...])
# Target asyncbench_precompiled_NAME: the standard headers (and HEADERS) that most sources include,
# compiled once. Headers of this project stay out of it: which part may include which is decided by
# the include roots below. Sources must compile without it, too (CMAKE_DISABLE_PRECOMPILE_HEADERS).
function(asyncbench_precompiled name)
  cmake_parse_arguments(PRECOMPILED "" "" "HEADERS;LIBRARIES" ${ARGN})
  set(target asyncbench_precompiled_${name})
  add_library(${target} OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
  target_link_libraries(${target} PRIVATE asyncbench_flags ${PRECOMPILED_LIBRARIES})
  target_precompile_headers(${target} PRIVATE
    <algorithm> <array> <atomic> <chrono> <cstdint> <cstring> <deque> <filesystem> <fstream>
    <functional> <map> <memory> <mutex> <optional> <set> <span> <sstream> <stdexcept> <string>
    <string_view> <system_error> <thread> <tuple> <unordered_map> <utility> <variant> <vector>
    ${PRECOMPILED_HEADERS})
endfunction()

asyncbench_precompiled(std)
# For code that goes into plugins, which is compiled differently.
asyncbench_precompiled(plugin)
set_target_properties(asyncbench_precompiled_plugin PROPERTIES
  POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
if(TARGET GTest::gmock)
  asyncbench_precompiled(test HEADERS <gmock/gmock.h> <gtest/gtest.h> LIBRARIES GTest::gmock)
  # Tests run once, so that their own code is not worth optimizing; what they test is optimized.
  set(asyncbench_test_options $<$<CONFIG:RelWithDebInfo>:-O0>)
  target_compile_options(asyncbench_precompiled_test PRIVATE ${asyncbench_test_options})
endif()

# asyncbench_part(NAME [FOR_PLUGINS SOURCES...] [SOURCES ...] [ALONE SOURCES...] USES PARTS...
#                 LIBRARIES ...)
# One part of the harness, target asyncbench_NAME. USES names the parts that it may include and hands
# on to those that use it; LIBRARIES are third-party targets that stay inside its .cpp files.
# Each part sees its own headers under "NAME/" through a private include root, so that a part not
# named in USES cannot be included: the rules on who may include whom hold by construction.
# Sources are compiled eight at a time where ASYNCBENCH_UNITY is on. Those under ALONE are not: what
# they define for themselves has names that other sources of the part use as well, or they are
# generated, or they include what the others shall not pay for.
# FOR_PLUGINS: what goes into plugins, too, compiled one by one, with headers that have no source. It
# is all of the part, or, where there are other sources, a library of its own that the part hands on:
# asyncbench_NAME_for_plugins, which links nothing but its like. Code for shared libraries need not
# be slower in the program: hidden symbols are called and inlined as those of one file.
function(asyncbench_part name)
  cmake_parse_arguments(PART "" "" "FOR_PLUGINS;SOURCES;ALONE;USES;LIBRARIES" ${ARGN})
  set(target asyncbench_${name})
  if(NOT PART_SOURCES AND NOT PART_ALONE)
    asyncbench_plugin_library(${target} ${name} SOURCES ${PART_FOR_PLUGINS} USES ${PART_USES})
    target_link_libraries(${target} PRIVATE ${PART_LIBRARIES})
    return()
  endif()
  asyncbench_library(${target} ${name} SOURCES ${PART_SOURCES} ${PART_ALONE} USES ${PART_USES})
  target_link_libraries(${target} PRIVATE ${PART_LIBRARIES})
  target_precompile_headers(${target} REUSE_FROM asyncbench_precompiled_std)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${ASYNCBENCH_UNITY})
  set_source_files_properties(${PART_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  if(PART_FOR_PLUGINS)
    set(plugged ${target}_for_plugins)
    asyncbench_plugin_library(${plugged} ${name} SOURCES ${PART_FOR_PLUGINS} USES ${PART_USES})
    # What is installed of it: other headers of the part's folder belong to the program alone.
    list(TRANSFORM PART_FOR_PLUGINS REPLACE "\\.cpp$" ".hpp" OUTPUT_VARIABLE headers)
    set_target_properties(${plugged} PROPERTIES ASYNCBENCH_HEADERS "${headers}")
    target_link_libraries(${target} PUBLIC ${plugged})
  endif()
endfunction()

# asyncbench_library(TARGET PART SOURCES ... USES PARTS...)
# A static library of a part's sources, with the include roots of the part and of those that it uses.
function(asyncbench_library target part)
  cmake_parse_arguments(LIBRARY "" "" "SOURCES;USES" ${ARGN})
  add_library(${target} STATIC ${LIBRARY_SOURCES})
  set(include_root ${PROJECT_BINARY_DIR}/include/${part})
  file(MAKE_DIRECTORY ${include_root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${include_root}/${part} SYMBOLIC)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${include_root}>
                             $<INSTALL_INTERFACE:${ASYNCBENCH_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PRIVATE asyncbench_flags)
  foreach(used IN LISTS LIBRARY_USES)
    target_link_libraries(${target} PUBLIC asyncbench_${used})
  endforeach()
endfunction()

# asyncbench_plugin_library(TARGET PART SOURCES ... USES PARTS...)
# The same of what goes into plugins: asyncbench::PART for these, and one of the targets that the
# global property ASYNCBENCH_FOR_PLUGINS lists.
function(asyncbench_plugin_library target part)
  cmake_parse_arguments(LIBRARY "" "" "SOURCES;USES" ${ARGN})
  set(uses "")
  foreach(used IN LISTS LIBRARY_USES)
    if(TARGET asyncbench_${used}_for_plugins)
      string(APPEND used _for_plugins)
    endif()
    list(APPEND uses ${used})
  endforeach()
  asyncbench_library(${target} ${part} SOURCES ${LIBRARY_SOURCES} USES ${uses})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${part}
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_features(${target} PUBLIC cxx_std_20)
  add_library(asyncbench::${part} ALIAS ${target})
  target_precompile_headers(${target} REUSE_FROM asyncbench_precompiled_plugin)
  set_property(GLOBAL APPEND PROPERTY ASYNCBENCH_FOR_PLUGINS ${target})
endfunction()

# asyncbench_strategy(NAME SOURCES ... USES http LIBRARIES ...)
# One strategy, target asyncbench_strategy_NAME: sees core, and http where it speaks Exchange.
function(asyncbench_strategy name)
  cmake_parse_arguments(STRATEGY "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  set(target asyncbench_strategy_${name})
  add_library(${target} STATIC ${STRATEGY_SOURCES})
  target_link_libraries(${target} PUBLIC asyncbench_core PRIVATE asyncbench_flags ${STRATEGY_LIBRARIES})
  target_precompile_headers(${target} REUSE_FROM asyncbench_precompiled_std)
  foreach(part IN LISTS STRATEGY_USES)
    target_link_libraries(${target} PRIVATE asyncbench_${part})
  endforeach()
endfunction()

# asyncbench_test(NAME SOURCES ... USES parts... LIBRARIES ... [TIMEOUT seconds] [LABELS ...]
#                 [FIXTURES what must be set up first...] [SERIAL])
# A GoogleTest binary, registered with CTest test by test. SERIAL: its tests decide by what they
# measure, so that no other test may run beside them.
function(asyncbench_test name)
  cmake_parse_arguments(TEST "SERIAL" "TIMEOUT" "SOURCES;USES;LIBRARIES;LABELS;FIXTURES" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE asyncbench_flags GTest::gmock GTest::gtest_main ${TEST_LIBRARIES})
  target_compile_options(${name} PRIVATE ${asyncbench_test_options})
  target_precompile_headers(${name} REUSE_FROM asyncbench_precompiled_test)
  foreach(part IN LISTS TEST_USES)
    target_link_libraries(${name} PRIVATE asyncbench_${part})
  endforeach()
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 60)
  endif()
  # As kSlowdown in tests/sanitized.hpp.
  if(ASYNCBENCH_SANITIZE)
    math(EXPR TEST_TIMEOUT "10 * ${TEST_TIMEOUT}")
  endif()
  set(fixtures "")
  if(TEST_FIXTURES)
    set(fixtures FIXTURES_REQUIRED ${TEST_FIXTURES})
  endif()
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${TEST_TIMEOUT} RUN_SERIAL ${TEST_SERIAL} ${fixtures} LABELS "${TEST_LABELS}")
endfunction()
