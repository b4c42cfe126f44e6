#include "core/job.hpp"

#include <cerrno>

namespace asyncbench {

bool is_resource_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace asyncbench
