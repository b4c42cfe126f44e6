#include "workloads/nameless_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace asyncbench::workloads {

Fd make_nameless_file(const std::string& folder) {
  Fd fd{::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  // File systems that cannot (network ones, some in user space) get the older way: between its two
  // calls, an empty file would be left.
  if (!fd && errno == EOPNOTSUPP) {
    std::string name = folder + "/asyncbench-XXXXXX";
    fd = Fd{::mkostemp(name.data(), O_CLOEXEC)};
    if (fd) ::unlink(name.c_str());
  }
  if (!fd)
    throw std::system_error(errno, std::system_category(), "no file can be made in " + folder);
  return fd;
}

std::string path_of(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

}  // namespace asyncbench::workloads
