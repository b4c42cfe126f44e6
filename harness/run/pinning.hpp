// On which CPUs the participants run, and whether these may sleep: reading what users write.
#pragma once

#include <string_view>

#include "run/options.hpp"

namespace asyncbench::run {

// "auto", "none", or "subject=1,peer=0"; several CPUs as "subject=1+2". Throws UsageError.
Pinning parse_pinning(std::string_view text);

// "auto", "poll" or "default". Throws UsageError.
CpuIdle parse_cpu_idle(std::string_view text);

// The resolved choice: none or listed. Throws UsageError for a CPU that this process may not use.
Pinning resolve_pinning(const Pinning& wanted);

}  // namespace asyncbench::run
