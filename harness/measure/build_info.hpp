// What the build system knows of this build. The definition is generated, see
// write_build_info.cmake.
#pragma once

namespace asyncbench::measure {

struct BuildInfo {
  const char* compiler_flags;
  const char* build_type;
  const char* git_commit;  // with "-dirty" when tracked files differ; empty: no git checkout
};

extern const BuildInfo kBuildInfo;

}  // namespace asyncbench::measure
