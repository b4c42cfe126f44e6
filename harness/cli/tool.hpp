// Other programs that a command needs: git, cmake, the builds of a gate.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace asyncbench::cli {

// Runs a program to its end, in a process group of its own, with what it prints in the file
// `output`. Whether it ended with exit code 0; a program that is still running after `limit` is
// killed, and did not. SIGINT and SIGTERM end its whole group, and throw CommandError with their
// exit code. Throws CommandError (exit 2) for a program that cannot be started.
bool succeeds(std::vector<std::string> arguments, const std::filesystem::path& output,
              Duration limit = std::chrono::hours(24));

std::string text_of_file(const std::filesystem::path& path);
std::string first_line_of(const std::filesystem::path& path);

}  // namespace asyncbench::cli
