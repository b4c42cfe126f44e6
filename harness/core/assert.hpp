// Assertions that are checked in every build, release builds as well.
#pragma once

namespace asyncbench {

// Where a claim is made. Default arguments take it from the caller. It does what
// std::source_location does, which libstdc++ 12 does not offer to clang 14.
struct Place {
  const char* file = __builtin_FILE();
  const char* function = __builtin_FUNCTION();
  int line = __builtin_LINE();
};

// Prints `claim` and where it was made, and aborts.
[[noreturn]] [[gnu::cold]] void assertion_failed(const char* claim, const Place& place);

// For what only a mistake of this program can break: what the environment refuses is an error, and
// what a peer does is data. `claim` says what holds: "an operation that ends is pending".
inline void must_hold(bool holds, const char* claim, const Place& place = {}) {
  if (!holds) [[unlikely]]
    assertion_failed(claim, place);
}

}  // namespace asyncbench
