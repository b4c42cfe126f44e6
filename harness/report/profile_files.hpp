// Profiles as files of other tools. Each shows the valid profile trials of a cell together, in CPU
// time per request, so that strategies can be laid side by side.
#pragma once

#include <string>
#include <vector>

#include "result/result.hpp"

namespace asyncbench::report {

// Whether a cell has valid profile trials with samples.
bool has_stacks(const result::Cell& cell);

// Folded stacks, one a line with picoseconds of CPU per request: "asyncbench;main;f 1234",
// functions of the kernel with _[k] at their end; for flamegraph.pl, inferno and others.
std::string folded(const result::Cell& cell);

// The same for a differential flame graph, with the figures of both: "main;f 1234 1200". What
// difffolded.pl makes of two files.
std::string folded_difference(const result::Cell& before, const result::Cell& after);

// speedscope's own JSON, https://www.speedscope.app/file-format-schema.json: one profile a cell,
// cells without samples left out.
std::string speedscope(const std::vector<const result::Cell*>& cells);

// pprof's gzipped protobuf, github.com/google/pprof/proto/profile.proto: samples, CPU time, and CPU
// time per 1000 requests, which is what -diff_base is to be used with.
std::string pprof(const result::Cell& cell);

}  // namespace asyncbench::report
