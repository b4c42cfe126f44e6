// Wall-clock time, for labels: nothing is measured with it.
#pragma once

#include <string>

namespace asyncbench::run {

// UTC in RFC 3339: "2026-11-20T22:05:00Z".
std::string utc_now();

}  // namespace asyncbench::run
