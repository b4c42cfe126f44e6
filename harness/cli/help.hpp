// What users read before they know a command: the overview, and the man page and the completions
// of shells, which are rendered from the same definitions as each command's --help.
#pragma once

#include <string>

#include "cli/command.hpp"

namespace asyncbench::cli {

// `asyncbench --help`.
std::string overview();

// `asyncbench help [COMMAND]`, and `asyncbench help --man` (or --bash, --zsh, --fish), which
// packages call when they are built.
ExitCode help_command(const Arguments& arguments, Registry& registry);

}  // namespace asyncbench::cli
