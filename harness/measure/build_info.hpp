// What the build system knows about this build. write_build_info.cmake generates the definition.
#pragma once

namespace asyncbench::measure {

struct BuildInfo {
  const char* compiler_flags;
  const char* build_type;
  const char* git_commit;  // with "-dirty" when tracked files differ; empty: no git checkout
};

extern const BuildInfo kBuildInfo;

}  // namespace asyncbench::measure
