#include "cli/cli.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <exception>

#include "cli/command.hpp"
#include "report/format.hpp"
#include "run/names.hpp"

namespace asyncbench {
namespace cli {
namespace {

constexpr std::array kCommands = {
    Command{"run", "measure a workload or a suite under several strategies", run_command},
    Command{"search", "where a rate ends, where the better strategy changes", search_command},
    Command{"profile", "where each request's CPU goes, strategy beside strategy", profile_command},
    Command{"list", "which strategies and workloads this host supports", list_command},
    Command{"compare", "which strategy wins and how sure that is; what changed", compare_command},
    Command{"gate", "whether one build is slower than another", gate_command},
    Command{"calibrate", "how small a slowdown this machine lets a gate find", calibrate_command},
    Command{"report", "turn results into a page: the answer first, then pictures", report_command},
    Command{"show", "print the table of a stored result", show_command},
    Command{"export", "write a result in the format of another tool", export_command},
    Command{"doctor", "what on this machine will disturb measurements", doctor_command},
    Command{"origin", "run the embedded HTTP server by hand", origin_command},
    Command{"participant", "one side of a trial; started by run", participant_command},
};

constexpr std::string_view kIntroduction =
    "asyncbench: which async I/O strategy should this program use?\n"
    "\n"
    "It runs the same work under interchangeable strategies (threads, Asio, io_uring,\n"
    "libcurl), measures each in the same way, and says which wins and how sure\n"
    "that is.\n"
    "\n"
    "Usage: asyncbench COMMAND [OPTION...]\n"
    "\n"
    "Commands:\n";

constexpr std::string_view kClosing =
    "\n"
    "  asyncbench COMMAND --help explains a command; --version prints the version.\n"
    "\n"
    "Examples:\n"
    "  asyncbench doctor                  what will disturb measurements here\n"
    "  asyncbench run quick               every strategy, as client and as server\n"
    "  asyncbench run fetch --strategies uring,asio --connections 1,64\n"
    "  asyncbench search fetch --crossover uring,asio --over connections=1..1024\n"
    "  asyncbench profile fetch --strategies uring,asio    why one beats the other\n"
    "  asyncbench report asyncbench-20261121T120000Z.json --out report.html\n"
    "\n"
    "Exit codes:\n"
    "  0 done   2 wrong usage or unusable input   4 invalid measurement\n"
    "  5 incomplete: some cells failed or a strategy that was named is unsupported\n"
    "  6 output could not be stored   7 internal error   130, 143 interrupted\n";

std::string overview() {
  std::string text(kIntroduction);
  for (const Command& command : commands()) {
    text += fmt::format("  {:<13}{}\n", command.name, command.summary);
  }
  return text.append(kClosing);
}

ExitCode dispatch(const Arguments& arguments, Registry& registry) {
  if (arguments.empty()) {
    std::fputs(overview().c_str(), stderr);
    return ExitCode::usage;
  }
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    std::fputs(overview().c_str(), stdout);
    return ExitCode::done;
  }
  if (name == "--version") {
    fmt::print("asyncbench {}\n", ASYNCBENCH_VERSION);
    return ExitCode::done;
  }
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (command.name == name) {
      return command.run(Arguments(arguments.begin() + 1, arguments.end()), registry);
    }
    names.emplace_back(command.name);
  }
  throw run::UsageError(
      run::unknown_name(name.starts_with('-') ? "option" : "command", name, names));
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

CommandError usage_error(const std::string& cause, const std::string& remedy) {
  return CommandError(ExitCode::usage, cause, remedy);
}

}  // namespace cli

int main_program(int argc, char** argv, Registry registry) {
  const auto fail = [](run::ExitCode code, const std::string& text) {
    fmt::print(stderr, "asyncbench: {}\n", report::printable(text));
    return static_cast<int>(code);
  };
  try {
    const cli::Arguments arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    return static_cast<int>(cli::dispatch(arguments, registry));
  } catch (const cli::CommandError& error) {
    return fail(error.exit_code(), error.what());
  } catch (const run::UsageError& error) {
    return fail(run::ExitCode::usage, error.what());
  } catch (const std::exception& error) {
    return fail(
        run::ExitCode::internal,
        fmt::format("internal error: {}; please report it with this command", error.what()));
  }
}

}  // namespace asyncbench
