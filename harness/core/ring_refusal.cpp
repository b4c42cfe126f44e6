#include "core/ring_refusal.hpp"

#include <cerrno>
#include <cstring>

namespace asyncbench {

std::string explain_ring_refusal(int error) {
  std::string text = "io_uring_setup: ";
  text += strerrorname_np(error);
  switch (error) {
    case EPERM:
    case EACCES:
      return text +
             ": io_uring is forbidden here; set /proc/sys/kernel/io_uring_disabled to 0, and in a "
             "container allow it in the seccomp profile (--security-opt seccomp=...)";
    case ENOSYS:
      return text +
             ": no io_uring in this kernel, or a seccomp filter hides it; use Linux 5.11 or "
             "later, and in a container allow it in the seccomp profile";
    case ENOMEM:
      return text +
             ": the locked-memory limit is too low for a ring; raise it (ulimit -l unlimited)";
    case EMFILE:
      return text + ": no descriptor left; raise the limit (ulimit -n)";
    default:
      return text + ": " + std::strerror(error);
  }
}

}  // namespace asyncbench
