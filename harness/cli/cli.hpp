// The asyncbench program: everything but the list of strategies.
#pragma once

#include "core/strategy.hpp"

namespace asyncbench {

// Runs the subcommand that `argv` names and returns the exit code (run::ExitCode). Reads and
// writes the standard streams; prints one line on stderr for whatever went wrong. Never throws.
int main_program(int argc, char** argv, Registry registry);

}  // namespace asyncbench
