#include "cli/gate_plugins.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "cli/parse.hpp"
#include "cli/plugins.hpp"
#include "programs/program.hpp"

namespace asyncbench::cli {

PluginBuilds::PluginBuilds(const std::string& base, const std::string& candidate,
                           Registry& registry) {
  const std::size_t known = registry.all().size();
  load_plugins({base}, registry);
  for (std::size_t i = known; i < registry.all().size(); ++i) {
    names_.push_back(registry.all()[i]->info().name);
  }
  load_plugins({candidate}, candidate_);
  paths_ = {.base = registry.plugins().back(),
            .candidate = candidate_.plugins().back(),
            .are_plugins = true};
}

void PluginBuilds::choose_strategies(Arguments& arguments) const {
  const bool chosen = std::ranges::any_of(arguments, [](const std::string& argument) {
    return argument.starts_with("--strategies") ||
           (argument.starts_with("-s") && !argument.starts_with("--"));
  });
  if (chosen) return;
  arguments.insert(arguments.end(), {"--strategies", fmt::format("{}", fmt::join(names_, ","))});
}

void PluginBuilds::check(const run::Plan& plan) const {
  bool has_own = false;
  for (const run::PlannedCell& cell : plan.cells) {
    if (std::ranges::find(names_, cell.strategy) == names_.end()) continue;
    has_own = true;
    const Strategy* const strategy = candidate_.find(cell.strategy);
    if (strategy == nullptr) {
      throw usage_error(
          fmt::format("--candidate {}: has no strategy {}", paths_.candidate, cell.strategy),
          "choose those that both builds have with --strategies");
    }
    if (const programs::Program* const program = programs::as_program(strategy)) {
      const Support support = program->host_support();
      if (!support) throw usage_error("--candidate-program: " + support.reason, "");
      program->prepare();
    }
  }
  if (!has_own) {
    throw usage_error("no strategy of the plugin is measured",
                      fmt::format("it has: --strategies {}", fmt::join(names_, ",")));
  }
}

run::Builds PluginBuilds::with_sentinel(const std::string& folder) const {
  run::Builds builds = paths_;
  if (programs::ProgramSpec::is_one(builds.base)) {
    builds.sentinel = builds.base;
  } else {
    builds.sentinel = folder + "/sentinel.so";
    std::filesystem::copy_file(builds.base, builds.sentinel);
  }
  return builds;
}

}  // namespace asyncbench::cli
