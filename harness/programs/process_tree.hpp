// The processes that this one has started, and those that they have: what they use, and their end.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "measure/usage.hpp"

namespace asyncbench::programs {

// Makes this process the parent of all whose own parent ends, so that nobody gets lost.
void adopt_orphans();

// All that descend from this process, those that have ended but were not reaped left out.
std::vector<pid_t> descendants();

// What it is called, as in ps(1): "python3".
std::string name_of(pid_t process);

// The ports of 127.0.0.0/8 and of all addresses on which some descendant listens.
std::vector<std::uint16_t> listening_ports();

// SIGKILL to all descendants until none is left, and reaps them.
void kill_descendants();

// What the descendants have used so far, from outside. CPU time is that of this process's control
// group without its own (it has to be the only other member); where there is no group, that of
// the living processes, by their clocks (clock_getcpuclockid(3)), as user time. Memory is the sum
// of the peaks, which counts what they share once for each. Switches, faults and waits are those of
// the living.
measure::UsageSnapshot take_usage_of_descendants();
measure::CpuTotal take_cpu_total_of_descendants();

inline constexpr measure::UsageSource kUsageOfPrograms{.usage = take_usage_of_descendants,
                                                       .cpu_total = take_cpu_total_of_descendants,
                                                       .processes = descendants};

}  // namespace asyncbench::programs
