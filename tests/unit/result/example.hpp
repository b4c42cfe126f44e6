// A result in which every field has a value of its own.
#pragma once

#include "result/result.hpp"

namespace asyncbench::result {

Result example_result();

}  // namespace asyncbench::result
