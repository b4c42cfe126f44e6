# Writes OUTPUT, the definition of kBuildInfo, at build time. The file is written only when its content
# changes, so that an unchanged commit compiles and links nothing. No compiler flag contains the
# commit, so that ccache stays useful.
cmake_minimum_required(VERSION 3.25)
# What a git hook sets would send git to another repository.
foreach(variable DIR WORK_TREE INDEX_FILE OBJECT_DIRECTORY COMMON_DIR NAMESPACE PREFIX)
  unset(ENV{GIT_${variable}})
endforeach()
execute_process(COMMAND git -C "${SOURCE_DIR}" describe --always --abbrev=40 --dirty --exclude=*
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
string(REPLACE "\\" "\\\\" flags "${FLAGS}")
string(REPLACE "\"" "\\\"" flags "${flags}")
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT "\
#include \"measure/build_info.hpp\"

namespace asyncbench::measure {

const BuildInfo kBuildInfo{.compiler_flags = \"${flags}\",
                           .build_type = \"${BUILD_TYPE}\",
                           .git_commit = \"${commit}\"};

}  // namespace asyncbench::measure
")
