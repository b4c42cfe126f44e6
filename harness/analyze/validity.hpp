// What the figures of one trial say about their own worth. Invariants are run's; these are notes.
#pragma once

#include <vector>

#include "result/result.hpp"

namespace asyncbench::analyze {

// The notes of one timed trial: not_steady, non_stationary, stalled, generator_limited, overload,
// disturbed, cpu_incomplete, as docs/method.md ("The window") defines them. Fields that were not
// readable give none.
std::vector<result::Note> assess(const result::Cell& cell, const result::Trial& trial);

// Whether the subject's threads come and go: the CPU that getrusage(2) tells is too little then.
bool ends_many_threads(const result::Trial& trial);

}  // namespace asyncbench::analyze
