#include "core/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace asyncbench {

void assertion_failed(const char* claim, const Place& place) {
  std::fprintf(stderr, "asyncbench: %s:%d: %s: this does not hold: %s\n", place.file, place.line,
               place.function, claim);
  std::abort();
}

}  // namespace asyncbench
