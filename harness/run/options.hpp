// What a user can ask of a run, before it is checked and planned.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "measure/profile.hpp"
#include "run/settings.hpp"
#include "workloads/parameters.hpp"

namespace asyncbench::run {

// The exit codes of all subcommands.
enum class ExitCode : int {
  done = 0,
  regression = 1,
  usage = 2,
  inconclusive = 3,
  invalid = 4,     // some cell lacks valid trials
  incomplete = 5,  // some cells failed, the rest was kept
  not_stored = 6,  // the output could not be written
  internal = 7,
  // A signal ended the run, its partial result is kept: 128 + the signal.
  hung_up = 129,      // SIGHUP
  interrupted = 130,  // SIGINT
  terminated = 143,   // SIGTERM
};

constexpr bool is_interruption(ExitCode code) {
  return code == ExitCode::hung_up || code == ExitCode::interrupted || code == ExitCode::terminated;
}

// The values that each of some parameters takes: "connections" -> 1, 64.
using ParameterLists = std::map<std::string, std::vector<workloads::ParameterValue>>;

// The values that each of some settings of cells (Setting::of_cell) takes: "peer_strategy" ->
// uring, epoll.
using SettingLists = std::map<std::string, std::vector<std::string>>;

// One [[cells]] table of a suite: a workload with lists of strategies, parameters and settings.
struct SuiteEntry {
  std::string workload;
  std::vector<std::string> strategies;  // empty: the suite's
  ParameterLists parameters;
  SettingLists settings;
};

struct Suite {
  std::string name;
  std::string summary;
  std::vector<std::string> strategies;
  GivenSettings settings;
  std::vector<SuiteEntry> cells;
};

// What is not given comes from the suite, otherwise from the defaults of Settings.
struct RunOptions {
  // A workload ("fetch"), an embedded suite ("quick"), or the path of a suite's TOML file.
  std::string what;
  std::optional<Suite> suite;  // of a command that brings its own, instead of `what`

  // Names, "all", or a pattern ("uring:*"). Empty: the suite's, otherwise "all".
  std::vector<std::string> strategies;

  // Values of the workload's parameters. They override those of every suite entry that has them.
  ParameterLists parameters;

  GivenSettings settings;
  // Several values of settings of cells. They override those of every suite entry.
  SettingLists setting_lists;
  // Whether the command measures in open loop at shares of a capacity (run::add_open_loop()).
  bool finds_capacity = false;
  // Profile trials beside the timed ones, one for each, in random order with them.
  std::optional<measure::ProfileOptions> profile;

  std::string out;              // the result's path; the journal is beside it: out + ".journal"
  bool out_is_default = false;  // see Plan
  bool may_overwrite = false;
  std::vector<std::string> command;  // argv, for the record
};

}  // namespace asyncbench::run
