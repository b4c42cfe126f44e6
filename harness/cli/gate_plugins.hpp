// The two builds that a gate compares of what participants load: a plugin, or a program of the
// user's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/strategy.hpp"
#include "run/builds.hpp"
#include "run/plan.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::cli {

class PluginBuilds {
 public:
  // Both as load_plugins() takes them. Adds what the base brings; what the candidate brings has the
  // same names. Throws CommandError (exit 2) for a file that is no plugin, or not one for this
  // program.
  PluginBuilds(const std::string& base, const std::string& candidate, Registry& registry);

  // Without --strategies, the plugin's own are measured, if it brings some: both builds are alike
  // in all others.
  void choose_strategies(Arguments& arguments) const;

  // What is measured where nothing is named: the plugin's workload, if it brings one and no
  // strategy, otherwise `usual`.
  std::string work(const std::string& usual) const;

  // Builds the candidate, where it is a program that has a build. Throws CommandError (exit 2): a
  // strategy or workload of the plan that only the base has or can run here, or none of the
  // plugin's. Throws UsageError where the build fails.
  void check(const run::Plan& plan) const;

  // With a sentinel: a copy of the base's file in `folder`; of a program, another run of it.
  run::Builds with_sentinel(const std::string& folder) const;

 private:
  void check_strategy(const run::PlannedCell& cell) const;
  void check_workload(const run::PlannedCell& cell) const;

  Registry candidate_;
  std::vector<std::unique_ptr<const workloads::Workload>> candidate_workloads_;
  std::vector<std::string> strategies_;  // of the base
  std::vector<std::string> workloads_;   // likewise
  run::Builds paths_;
};

}  // namespace asyncbench::cli
