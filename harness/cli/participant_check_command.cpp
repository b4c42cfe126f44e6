// `asyncbench participant-check`: whether a program keeps to the participant protocol.
#include <fmt/format.h>

#include <filesystem>

#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/plugins.hpp"
#include "programs/program.hpp"
#include "report/format.hpp"
#include "run/interrupt.hpp"
#include "run/participant_check.hpp"
#include "run/trial.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kFooter =
    "It plays a short trial with the program as in 'asyncbench run', one in turns,\n"
    "and one that is broken off, and prints what is wrong in each.\n"
    "\n"
    "Examples:\n"
    "  asyncbench participant-check \"python3 client.py\"\n"
    "  asyncbench participant-check client.toml --workload fetch\n"
    "\n"
    "Exit codes: 0 it takes part correctly, 2 wrong usage, 4 something is wrong,\n"
    "5 it cannot do the workload here";

// A command has no name of its own.
constexpr const char* kName = "program";

programs::ProgramSpec spec_of(const std::string& given) {
  if (!given.ends_with(".toml")) return {.name = kName, .command = given, .participant = true};
  programs::ProgramSpec spec{.file = std::filesystem::absolute(given).string()};
  const programs::Program program(spec);
  if (program.file().participant.empty()) {
    throw usage_error(fmt::format("{}: it has no participant", given),
                      "a server is measured by run serve --program");
  }
  spec.name = program.info().name;
  return spec;
}

std::vector<std::string> faults_of(const run::PlannedCell& cell, const run::Settings& settings) {
  const run::InterruptWatch watch;
  try {
    return run::check_participant(cell, settings, watch.fd());
  } catch (const run::TrialFailure& failure) {
    throw CommandError(static_cast<ExitCode>(128 + watch.taken()), failure.reason, "");
  }
}

}  // namespace

ExitCode participant_check_command(const Arguments& arguments, Registry& registry) {
  const auto app =
      make_app("participant-check",
               "Says what is wrong with a program that speaks the participant protocol.", kFooter);
  std::string given;
  std::string workload = "fetch";
  app->add_option("program", given, "its command, or its program file (.toml)")
      .option_text("PROGRAM");
  add_value(*app, "--workload", workload, "NAME", "in which it takes part");
  std::vector<std::string> plugins;
  add_plugin_option(*app, plugins, "Options");
  if (!parse(*app, arguments)) return ExitCode::done;
  if (given.empty()) {
    throw usage_error("no program given",
                      "for example: asyncbench participant-check \"python3 client.py\"");
  }
  const programs::ProgramSpec spec = spec_of(given);
  programs::load_program(spec.text(), registry);
  run::Settings settings;
  const run::PlannedCell cell = run::cell_to_check(spec.name, workload, registry, settings);
  if (!cell.unsupported.empty()) throw CommandError(ExitCode::incomplete, cell.unsupported, "");

  const std::string shown = report::printable(given);
  const std::vector<std::string> faults = faults_of(cell, settings);
  for (const std::string& fault : faults) print_out("{}\n", report::printable(fault));
  if (!faults.empty()) {
    print_out("{} does not take part correctly in {}\n", shown, workload);
    return ExitCode::invalid;
  }
  print_out("{} takes part correctly in {}\n", shown, workload);
  return ExitCode::done;
}

}  // namespace asyncbench::cli
