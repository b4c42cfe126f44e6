// Assertions that are checked in every build, release builds as well.
#pragma once

#include <source_location>

namespace asyncbench {

// Prints `claim` and where it was made, and aborts.
[[noreturn]] [[gnu::cold]] void assertion_failed(const char* claim, std::source_location where);

// For what only a mistake of this program can break: what the environment refuses is an error, and
// what a peer does is data. `claim` says what holds: "an operation that ends is pending".
inline void must_hold(bool holds, const char* claim,
                      std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    assertion_failed(claim, where);
}

}  // namespace asyncbench
