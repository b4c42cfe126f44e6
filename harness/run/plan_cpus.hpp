// What a plan's cells lack CPUs for.
#pragma once

#include <string_view>
#include <vector>

#include "run/plan.hpp"

namespace asyncbench::run {

inline constexpr std::string_view kThreadsExceedCpus = "threads_exceed_cpus";
inline constexpr std::string_view kCpusShared = "cpus_shared";

// The most event loops that any of its cells has on either side.
Threads most_threads(const Plan& plan);

// Where a side has more event loops than CPUs, or the two share CPUs: a note of each kind, on the
// cell with the most of them.
std::vector<result::Note> cpu_shortages_of(const Plan& plan);

}  // namespace asyncbench::run
