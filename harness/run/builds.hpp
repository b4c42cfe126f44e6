// Two builds of this program, or of a plugin, in one run, side by side: what a gate measures.
#pragma once

#include <string>

#include "run/plan.hpp"

namespace asyncbench::run {

// Paths of programs, or of plugins, which this program then loads. Whatever speaks
// docs/participant-protocol.md can be a program.
struct Builds {
  std::string base;
  std::string candidate;
  std::string sentinel;  // the base under another path
  bool are_plugins = false;
};

// The trials of one cell's counts under one build: as many as show whether a count repeats itself.
inline constexpr unsigned kCountTrials = 3;

// The plan's cells under each build; the first of them also under the sentinel, if there is one.
// Base plays the other end for all. Where the host lets us count system calls, count trials come
// first, of each cell with one request at a time: then how many completions a wake-up brings, which
// no two runs have alike, does not enter its counts. Its trials are `blocks` timed ones.
Plan plan_of_builds(const Plan& plan, const Builds& builds, unsigned blocks, bool count_syscalls);

// Adds blocks up to `blocks` in all. In each, the cells come in random order, and the builds of one
// cell next to each other in random order: only drift within seconds can then look like a
// difference of theirs.
void add_blocks(Plan& plan, unsigned blocks);

}  // namespace asyncbench::run
