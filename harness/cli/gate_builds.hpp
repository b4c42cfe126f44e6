// The two programs that a gate compares: found, or built from revisions of this repository.
#pragma once

#include <string>

#include "analyze/footing.hpp"

namespace asyncbench::cli {

// The absolute path of a program that can be started. Throws CommandError (exit 2).
std::string program_at(const std::string& path, const std::string& option);

// The program of a revision (anything git understands), built with CMake in build-gate/ at the top
// of the repository that the current folder is in: one worktree and one build tree for all, so that
// sources which two revisions share are compiled once, under the same paths. A revision that has
// been built is not built again, and what a killed gate left unfinished there is made anew.
// Progress goes to stderr. Throws CommandError (exit 2): no repository, unknown revision, or one
// that does not build, with the last words of its build.
std::string build_revision(const std::string& revision);

// What the program says of its build; empty where it is none of ours and says nothing.
analyze::Ingredients ingredients_of_program(const std::string& program);

}  // namespace asyncbench::cli
