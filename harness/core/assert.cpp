#include "core/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace asyncbench {

void assertion_failed(const char* claim, std::source_location where) {
  std::fprintf(stderr, "asyncbench: %s:%u: %s: this does not hold: %s\n", where.file_name(),
               static_cast<unsigned>(where.line()), where.function_name(), claim);
  std::abort();
}

}  // namespace asyncbench
