// The options --program, --participant, --program-args and --target: programs of the user's among
// the strategies.
#pragma once

#include <string>
#include <vector>

#include "programs/program.hpp"

namespace asyncbench::cli {

class App;

// Whether it names a program file, rather than being a command.
bool is_program_file(const std::string& given);

// The program of a file or command, without a name; the target is that of a command.
programs::ProgramSpec program_spec(const std::string& given, const std::string& target);

class ProgramOptions {
 public:
  void define(App& app);

  // The programs that were given, contenders left out, which every run knows. Names are unique
  // among them. Throws CommandError: a program file that cannot be read, or a target of none.
  std::vector<programs::ProgramSpec> specs() const;

  // What --strategies has to name beside what the user did, so that all of them take part but the
  // peers.
  std::vector<std::string> strategies(const std::vector<std::string>& peers) const;

 private:
  std::vector<std::string> given_;         // files, lists of files, or one command each
  std::vector<std::string> participants_;  // NAME=COMMAND
  std::string arguments_;
  std::string target_;
};

}  // namespace asyncbench::cli
