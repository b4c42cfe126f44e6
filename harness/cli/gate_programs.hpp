// The two builds of a program of the user's that a gate compares.
#pragma once

#include <string>

#include "programs/program.hpp"

namespace asyncbench::cli {

// As typed: program files, or commands; `target` is what commands are asked for.
struct GatedPrograms {
  std::string base;
  std::string candidate;  // with revisions it may be empty: the base's file
  std::string target;
  std::string base_revision;  // empty: the files as they are
  std::string candidate_revision;
};

struct GatedSpecs {
  programs::ProgramSpec base;
  programs::ProgramSpec candidate;
};

// The programs under one name. With revisions each is that of its file in a worktree of the
// repository that the file is in, which is kept in the cache folder. Throws CommandError and
// UsageError: a file that cannot be read, a revision that is unknown, a program that is the same at
// every revision since nothing of it is in the repository.
GatedSpecs gated_programs(const GatedPrograms& typed);

}  // namespace asyncbench::cli
