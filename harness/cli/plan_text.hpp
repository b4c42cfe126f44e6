// What --dry-run shows.
#pragma once

#include <string>

#include "cli/command.hpp"
#include "run/plan.hpp"

namespace asyncbench::cli {

// The cells, those that cannot run here with their reasons; how many trials, how long they take,
// and how each is made.
std::string plan_text(const run::Plan& plan);

// Prints that. Incomplete, as the measurement would be: a strategy that was named cannot run here, or
// none can.
ExitCode show_plan(const run::Plan& plan);

}  // namespace asyncbench::cli
