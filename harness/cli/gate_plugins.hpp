// The two builds that a gate compares of what participants load: a plugin, or a program of the
// user's.
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
  // Both as load_plugins() takes them. Adds the base's strategies to the registry; the candidate's
  // have the same names. Throws CommandError (exit 2) for a file that is no plugin, or not one for
  // this program.
  PluginBuilds(const std::string& base, const std::string& candidate, Registry& registry);

  // Without --strategies, the plugin's own are measured: both builds are alike in all others.
  void choose_strategies(Arguments& arguments) const;

  // Builds the candidate, where it is a program that has a build. Throws CommandError (exit 2): a
  // strategy of the plan that only the base has or can run here, or none of it. Throws UsageError
  // where the build fails.
  void check(const run::Plan& plan) const;

  // With a sentinel: a copy of the base's file in `folder`; of a program, another run of it.
  run::Builds with_sentinel(const std::string& folder) const;

 private:
  Registry candidate_;
  std::vector<std::string> names_;  // of the base's strategies
  run::Builds paths_;
};

}  // namespace asyncbench::cli
