// The command line of `asyncbench run`.
#pragma once

#include <optional>
#include <string>

#include "cli/command.hpp"
#include "cli/fail_if.hpp"
#include "cli/result_view.hpp"
#include "run/options.hpp"

namespace asyncbench::cli {

struct RunRequest {
  run::RunOptions options;
  std::vector<std::string> plugins;  // paths as given
  std::string resume;                // not empty: go on with the run whose result belongs here
  ResultView view;
  FailIf fail_if;
  bool json = false;
  bool dry_run = false;
  bool live = false;  // say once a second how the running trial does
};

// nullopt when help was asked for and has been printed. Names are not checked here: make_plan()
// does that. Throws CommandError and run::UsageError.
std::optional<RunRequest> parse_run_options(const Arguments& arguments);

}  // namespace asyncbench::cli
