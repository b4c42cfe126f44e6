// Why this host grants no io_uring, for every strategy that wants one.
#pragma once

#include <string>

namespace asyncbench {

// What io_uring_setup(2) refused with `error`, and the remedy, in one line.
std::string explain_ring_refusal(int error);

}  // namespace asyncbench
