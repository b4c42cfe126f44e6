// Where files go that nobody is to keep.
#pragma once

#include <cstdlib>
#include <string>

namespace asyncbench {

// $TMPDIR, otherwise /tmp. It may not be there.
inline std::string temporary_folder() {
  const char* const named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

}  // namespace asyncbench
