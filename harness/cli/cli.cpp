#include "cli/cli.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <exception>
#include <map>
#include <new>
#include <system_error>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/plugins.hpp"
#include "cli/refusals.hpp"
#include "cli/surroundings.hpp"
#include "measure/environment.hpp"
#include "programs/contenders.hpp"
#include "report/format.hpp"
#include "result/json.hpp"
#include "result/storage.hpp"
#include "workloads/names.hpp"
#include "workloads/values.hpp"

namespace asyncbench {
namespace cli {
namespace {

constexpr std::array kCommands = {
    Command{"run", "measure a workload or a suite under several strategies", run_command},
    Command{"versus", "should I move from one strategy to another, and when", versus_command},
    Command{"search", "where a rate ends, where the better strategy changes", search_command},
    Command{"profile", "where each request's CPU goes, strategy beside strategy", profile_command},
    Command{"list", "which strategies and workloads this host supports", list_command},
    Command{"compare", "which strategy wins and how sure that is; what changed", compare_command},
    Command{"history", "since which commit figures differ, over many results", history_command},
    Command{"gate", "whether one build is slower than another", gate_command},
    Command{"calibrate", "how small a slowdown this machine lets a gate find", calibrate_command},
    Command{"report", "turn results into a page: the answer first, then pictures", report_command},
    Command{"show", "print the table of a stored result", show_command},
    Command{"export", "write a result in the format of another tool", export_command},
    Command{"doctor", "what on this machine will disturb measurements", doctor_command},
    Command{"origin", "run the embedded HTTP server by hand", origin_command},
    Command{"participant-check", "does a program of yours speak the participant protocol",
            participant_check_command},
    Command{"participant", "one side of a trial; started by run", participant_command},
};

// What was built in: the facts that a result's environment records, and the strategies' libraries.
std::string version_text(const Registry& registry) {
  std::string text = fmt::format("asyncbench {}\n", ASYNCBENCH_VERSION);
  const measure::Environment build = measure::read_build_environment();
  for (const auto& [name, fact] : build.facts) {
    const auto* const value = std::get_if<std::string>(&fact);
    const auto* const flag = std::get_if<bool>(&fact);
    text += fmt::format("{:<16}{}\n", name,
                        value != nullptr  ? *value
                        : flag != nullptr ? fmt::format("{}", *flag)
                                          : build.unreadable.at(name));
  }
  // A strategy names its libraries together: "Boost 1.81, Asio 1.26.0". What the build knows of one
  // is more exact.
  std::map<std::string, std::string> libraries = build.libraries;
  for (const auto& strategy : registry.all()) {
    for (const std::string& library : workloads::split_list(strategy->info().library)) {
      const std::size_t first = library.find_first_not_of(' ');
      const std::size_t space = library.rfind(' ');
      if (space == std::string::npos || space <= first) continue;
      std::string name = library.substr(first, space - first);
      std::ranges::transform(name, name.begin(),
                             [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      libraries.emplace(std::move(name), library.substr(space + 1));
    }
  }
  std::vector<std::string> texts;
  for (const auto& [library, version] : libraries) texts.push_back(library + ' ' + version);
  text += fmt::format("{:<16}{}\n", "libraries", fmt::join(texts, ", "));
  if (registry.find("fiber") == nullptr) {
    text += fmt::format("{:<16}not built in; Boost.Fiber (libboost-fiber1.81-dev) was missing\n",
                        "fiber");
  }
  const bool io_uring = registry.find("uring") != nullptr;
  return text + fmt::format("{:<16}{}\n", "io_uring",
                            io_uring ? "built in; asyncbench list says whether this kernel has it"
                                     : "not built in");
}

ExitCode dispatch(const Arguments& arguments, Registry& registry) {
  if (arguments.empty()) {
    put_error(overview());
    return ExitCode::usage;
  }
  const std::string& name = arguments.front();
  const Arguments rest(arguments.begin() + 1, arguments.end());
  if (name == "help") return help_command(rest, registry);
  if (name == "--help" || name == "-h") return help_command({}, registry);
  if (name == "--version") {
    put_wrapped(version_text(registry));
    return ExitCode::done;
  }
  const Command& command = command_named(name);
  load_plugins(plugins_named_in(rest), registry);
  return command.run(rest, registry);
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command& command_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (command.name == name) return command;
    names.emplace_back(command.name);
  }
  throw run::UsageError(
      workloads::unknown_name(name.starts_with('-') ? "option" : "command", name, names));
}

CommandError usage_error(const std::string& cause, const std::string& remedy) {
  return CommandError(ExitCode::usage, cause, remedy);
}

}  // namespace cli

int main_program(int argc, char** argv, Registry registry) {
  cli::settle_in();
  const auto fail = [](run::ExitCode code, const std::string& text) {
    cli::flush_out();
    cli::complain(text);
    return static_cast<int>(cli::close_out(code));
  };
  try {
    programs::add_contenders(registry);
    const cli::Arguments arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    return static_cast<int>(cli::close_out(cli::dispatch(arguments, registry)));
  } catch (const cli::CommandError& error) {
    return fail(error.exit_code(), error.what());
  } catch (const run::UsageError& error) {
    return fail(run::ExitCode::usage, error.what());
  } catch (const result::StoreError& error) {
    return fail(run::ExitCode::not_stored, error.what());
  } catch (const result::FormatError& error) {
    return fail(run::ExitCode::usage, error.what());
  } catch (const StrategyError& error) {
    return fail(run::ExitCode::incomplete, error.what());
  } catch (const std::bad_alloc&) {
    return fail(run::ExitCode::usage,
                "not enough memory; ask for less, or raise the limit (ulimit -v, memory.max)");
  } catch (const std::system_error& error) {
    return fail(cli::exit_code_for(error), cli::refusal_text(error));
  } catch (const std::exception& error) {
    return fail(
        run::ExitCode::internal,
        fmt::format("internal error: {}; please report it with this command", error.what()));
  }
}

}  // namespace asyncbench
