// What a subcommand is, and the one way in which it refuses its arguments.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/strategy.hpp"
#include "run/options.hpp"

namespace asyncbench::cli {

using Arguments = std::vector<std::string>;

using run::ExitCode;

// Ends the program with `asyncbench: <cause>; <remedy>` on stderr.
class CommandError : public std::runtime_error {
 public:
  CommandError(ExitCode exit_code, const std::string& cause, const std::string& remedy)
      : std::runtime_error(remedy.empty() ? cause : cause + "; " + remedy), exit_code_(exit_code) {}
  ExitCode exit_code() const { return exit_code_; }

 private:
  ExitCode exit_code_;
};

// Wrong usage or unusable input (exit 2).
CommandError usage_error(const std::string& cause, const std::string& remedy);

// A subcommand: one file each. `arguments` are those after its name; the result is the exit code.
// The registry takes what --plugin brings. Throws CommandError and run::UsageError.
struct Command {
  std::string_view name;
  std::string_view summary;
  ExitCode (*run)(const Arguments& arguments, Registry& registry);
};

ExitCode run_command(const Arguments& arguments, Registry& registry);
ExitCode versus_command(const Arguments& arguments, Registry& registry);
ExitCode profile_command(const Arguments& arguments, Registry& registry);
ExitCode search_command(const Arguments& arguments, Registry& registry);
ExitCode list_command(const Arguments& arguments, Registry& registry);
ExitCode compare_command(const Arguments& arguments, Registry& registry);
ExitCode history_command(const Arguments& arguments, Registry& registry);
ExitCode calibrate_command(const Arguments& arguments, Registry& registry);
ExitCode gate_command(const Arguments& arguments, Registry& registry);
ExitCode report_command(const Arguments& arguments, Registry& registry);
ExitCode show_command(const Arguments& arguments, Registry& registry);
ExitCode export_command(const Arguments& arguments, Registry& registry);
ExitCode doctor_command(const Arguments& arguments, Registry& registry);
ExitCode origin_command(const Arguments& arguments, Registry& registry);
ExitCode participant_command(const Arguments& arguments, Registry& registry);
ExitCode participant_check_command(const Arguments& arguments, Registry& registry);

// In the order in which help shows them.
std::span<const Command> commands();

// Throws run::UsageError for an unknown name.
const Command& command_named(const std::string& name);

// The usual width of help and tables, and the most.
inline constexpr std::size_t kColumns = 80;

}  // namespace asyncbench::cli
