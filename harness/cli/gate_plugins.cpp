#include "cli/gate_plugins.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "cli/parse.hpp"
#include "cli/plugins.hpp"
#include "programs/program.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::cli {

namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

PluginBuilds::PluginBuilds(const std::string& base, const std::string& candidate,
                           Registry& registry) {
  const std::size_t known_strategies = registry.all().size();
  const std::size_t known_workloads = workloads::all_workloads().size();
  load_plugins({base}, registry);
  for (std::size_t i = known_strategies; i < registry.all().size(); ++i) {
    strategies_.push_back(registry.all()[i]->info().name);
  }
  for (const auto* const workload : workloads::all_workloads().subspan(known_workloads)) {
    workloads_.emplace_back(workload->info().name);
  }
  candidate_workloads_ = load_apart(candidate, candidate_);
  paths_ = {.base = registry.plugins().back(),
            .candidate = candidate_.plugins().back(),
            .are_plugins = true};
}

void PluginBuilds::choose_strategies(Arguments& arguments) const {
  const bool chosen = std::ranges::any_of(arguments, [](const std::string& argument) {
    return argument.starts_with("--strategies") ||
           (argument.starts_with("-s") && !argument.starts_with("--"));
  });
  if (chosen || strategies_.empty()) return;
  arguments.insert(arguments.end(),
                   {"--strategies", fmt::format("{}", fmt::join(strategies_, ","))});
}

std::string PluginBuilds::work(const std::string& usual) const {
  return strategies_.empty() && workloads_.size() == 1 ? workloads_.front() : usual;
}

void PluginBuilds::check(const run::Plan& plan) const {
  bool has_own = false;
  for (const run::PlannedCell& cell : plan.cells) {
    if (contains(strategies_, cell.strategy)) {
      has_own = true;
      check_strategy(cell);
    }
    if (contains(workloads_, cell.workload->info().name)) {
      has_own = true;
      check_workload(cell);
    }
  }
  if (has_own) return;
  std::vector<std::string> own = workloads_;
  if (!strategies_.empty()) {
    own.push_back(fmt::format("--strategies {}", fmt::join(strategies_, ",")));
  }
  throw usage_error("nothing of the plugin is measured",
                    fmt::format("it has: {}", fmt::join(own, ", ")));
}

void PluginBuilds::check_strategy(const run::PlannedCell& cell) const {
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

void PluginBuilds::check_workload(const run::PlannedCell& cell) const {
  const std::string_view name = cell.workload->info().name;
  const auto found = std::ranges::find_if(
      candidate_workloads_, [&](const auto& workload) { return workload->info().name == name; });
  if (found == candidate_workloads_.end()) {
    throw usage_error(fmt::format("--candidate {}: has no workload {}", paths_.candidate, name),
                      "measure one that both builds have");
  }
  // The participants of both builds are told the same parameters.
  try {
    workloads::Parameters parameters((*found)->info().parameters);
    for (const auto& [parameter, text] : cell.work.parameters.texts()) {
      parameters.set(parameter, text);
    }
  } catch (const workloads::UsageError& error) {
    throw usage_error(
        fmt::format("--candidate {}: workload {}: {}", paths_.candidate, name, error.what()),
        "a gate needs the same parameters in both builds");
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
