// What program files say in shell commands: looking for a runtime, building.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "programs/program_file.hpp"

namespace asyncbench::programs {

// Where programs keep what they build: below XDG_CACHE_HOME, or ~/.cache. Named after the text of
// all files beside the program's, so that a change builds anew.
std::filesystem::path build_folder(const ProgramFile& file);

// Of the placeholders that each text of the file may name: {folder} and {build}.
std::map<std::string, std::string> values_of(const ProgramFile& file);

// Runs the program's `build`, unless that has been done. Throws UsageError with the end of what it
// printed.
void build(const ProgramFile& file);

// Runs a shell command with the program's folder as its own: its exit code, and what it printed.
struct ShellResult {
  int exit_code = 0;
  std::string output;
};
ShellResult run_shell(const ProgramFile& file, const std::string& command);

// The end of what a program printed, in one line.
std::string quoted(std::string printed);

}  // namespace asyncbench::programs
