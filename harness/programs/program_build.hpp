// What a program's file says to run before it is started: its build, and the search for its
// runtime.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "programs/program_file.hpp"

namespace asyncbench::programs {

// Where this host keeps what can be made again: $XDG_CACHE_HOME/asyncbench, or
// ~/.cache/asyncbench.
std::filesystem::path cache_folder();

// The folder that the program's `build` fills, in the cache; another one for each program file.
std::filesystem::path build_folder(const ProgramFile& file);

// Runs the program's `build`, unless that has been done for the files of its folder, and of the
// folders in it, as they are now (hidden ones are left out). The folder keeps what earlier builds
// have made. Throws UsageError with the end of what it printed.
void build(const ProgramFile& file);

// Runs a shell command with the program's folder as its own: its exit code, and what it printed.
struct ShellResult {
  int exit_code = 0;
  std::string output;
};
ShellResult run_shell(const ProgramFile& file, const std::string& command);

// {folder} and {build}, for filled_in().
std::map<std::string, std::string> values_of(const ProgramFile& file);

// The end of what a program printed, on one line.
std::string quoted(std::string text);

}  // namespace asyncbench::programs
