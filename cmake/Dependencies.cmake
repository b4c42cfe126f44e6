# Everything comes from Debian 12's packages; scripts/setup installs them. Nothing is downloaded.
foreach(library IN ITEMS BOOST CURL LIBEVENT LIBURING LIBUV)
  if(ASYNCBENCH_${library})
    list(PREPEND CMAKE_PREFIX_PATH "${ASYNCBENCH_${library}}")
    set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
  endif()
endforeach()

# Ends with an error if ASYNCBENCH_<library> is given, but not where its headers were found.
function(asyncbench_require_prefix library headers)
  set(prefix "${ASYNCBENCH_${library}}")
  cmake_path(IS_PREFIX prefix "${headers}" NORMALIZE is_there)
  if(prefix AND NOT is_there)
    message(FATAL_ERROR
      "ASYNCBENCH_${library}=${prefix}: the library was found in ${headers} instead. Install it "
      "under that prefix, with its headers in include/ and its pkg-config or CMake files in lib/, "
      "and configure a new build folder.")
  endif()
endfunction()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
# Without Boost.Fiber, which is a library of its own, there is no strategy `fiber`.
find_package(Boost 1.81 REQUIRED OPTIONAL_COMPONENTS fiber)
find_package(CURL REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(liburing REQUIRED IMPORTED_TARGET liburing)
pkg_check_modules(libuv REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(libevent REQUIRED IMPORTED_TARGET libevent_core)
pkg_check_modules(libdw REQUIRED IMPORTED_TARGET libdw)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
asyncbench_require_prefix(BOOST "${Boost_INCLUDE_DIRS}")
asyncbench_require_prefix(CURL "${CURL_INCLUDE_DIRS}")
asyncbench_require_prefix(LIBEVENT "${libevent_INCLUDEDIR}")
asyncbench_require_prefix(LIBURING "${liburing_INCLUDEDIR}")
asyncbench_require_prefix(LIBUV "${libuv_INCLUDEDIR}")
if(ASYNCBENCH_TESTS OR ASYNCBENCH_CONFORMANCE)
  find_package(GTest REQUIRED)
endif()
if(ASYNCBENCH_BENCH)
  find_package(benchmark REQUIRED)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without this, ccache lets every source that uses a precompiled header through to the compiler.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_ctime,include_file_mtime ${CCACHE})
endif()
