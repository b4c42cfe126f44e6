#include "core/loop_descriptors.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include "core/strategy.hpp"

namespace asyncbench {

Fd granted(int fd, const char* by) {
  if (fd >= 0) return Fd{fd};
  throw StrategyError(std::string(by) + ": " + strerrorname_np(errno) +
                      "; raise the limit of open files (ulimit -n)");
}

}  // namespace asyncbench
