#include "workloads/private_folder.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace asyncbench::workloads {

PrivateFolder::PrivateFolder() {
  const char* const base = std::getenv("TMPDIR");
  path_ = std::string(base != nullptr ? base : "/tmp") + "/asyncbench-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) {
    throw std::system_error(errno, std::system_category(), "mkdtemp " + path_);
  }
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;  // whoever removed it before us saved us the work
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace asyncbench::workloads
