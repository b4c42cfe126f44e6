// The names of system calls.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace asyncbench::measure {

struct NamedSyscall {
  unsigned number;
  std::string_view name;
};

// Those that the kernel's headers knew when this program was built, made from <asm/unistd.h>.
extern const std::span<const NamedSyscall> kSyscalls;

// "recvfrom"; "syscall_999" for one that is newer than the headers.
std::string syscall_name(unsigned number);

}  // namespace asyncbench::measure
