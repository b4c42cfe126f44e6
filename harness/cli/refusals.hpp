// What the system refuses, where no command says it better: never an internal error of ours.
#pragma once

#include <string>
#include <system_error>

#include "run/options.hpp"

namespace asyncbench::cli {

// not_stored where a file, folder or disk is in the way, otherwise usage.
run::ExitCode exit_code_for(const std::system_error& error);

// "operation path: ENOENT (No such file or directory); remedy".
std::string refusal_text(const std::system_error& error);

}  // namespace asyncbench::cli
