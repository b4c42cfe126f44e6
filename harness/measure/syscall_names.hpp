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

// The calls that the kernel's headers named when this program was built, generated from
// <asm/unistd.h>.
extern const std::span<const NamedSyscall> kSyscalls;

// "recvfrom"; "syscall_999" for a call that is newer than the headers.
std::string syscall_name(unsigned number);

}  // namespace asyncbench::measure
