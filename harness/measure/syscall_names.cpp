#include "measure/syscall_names.hpp"

#include <algorithm>

namespace asyncbench::measure {

std::string syscall_name(unsigned number) {
  const auto found = std::ranges::find(kSyscalls, number, &NamedSyscall::number);
  return std::string(found != kSyscalls.end() ? found->name : "syscall_" + std::to_string(number));
}

}  // namespace asyncbench::measure
