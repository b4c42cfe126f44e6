// Counts the memory that a test binary takes from the heap.
#pragma once

#include <cstdint>

namespace asyncbench {

// Since the start of the process, by operator new and, in this binary's own code, aligned_alloc
// (which Asio uses): the target needs the link option -Wl,--wrap=aligned_alloc.
std::uint64_t allocations();

}  // namespace asyncbench
