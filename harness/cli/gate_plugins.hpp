// The two builds of one plugin that a gate compares.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/strategy.hpp"
#include "run/builds.hpp"
#include "run/plan.hpp"

namespace asyncbench::cli {

class PluginBuilds {
 public:
  // Adds the base's strategies to the registry; the candidate's have the same names. Throws
  // CommandError (exit 2) for a file that is no plugin, or not one for this program.
  PluginBuilds(const std::string& base, const std::string& candidate, Registry& registry);

  // Without --strategies, the plugin's own are measured: both builds are alike in all others.
  void choose_strategies(Arguments& arguments) const;

  // Throws CommandError (exit 2): a strategy of the plan that only the base has, or none of it.
  void check(const run::Plan& plan) const;

  run::Builds paths() const { return paths_; }

 private:
  Registry candidate_;
  std::vector<std::string> names_;  // of the base's strategies
  run::Builds paths_;
};

}  // namespace asyncbench::cli
