#include "cli/plugins.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/parse.hpp"
#include "core/plugin_file.hpp"
#include "programs/program.hpp"
#include "result/result.hpp"
#include "run/plan.hpp"
#include "run/settings.hpp"
#include "workloads/all_workloads.hpp"
#include "workloads/load_side.hpp"
#include "workloads/plugin_workloads.hpp"

namespace asyncbench::cli {
namespace {

using workloads::Workload;
using Workloads = std::vector<std::unique_ptr<const Workload>>;

bool is_parameter(std::string_view name) {
  return std::ranges::any_of(workloads::all_workloads(), [&](const Workload* workload) {
    return workloads::find_parameter(workload->info().parameters, name) != nullptr;
  });
}

// Whether the command measures workloads, so that their parameters are options of it.
bool takes_parameters(const Definition& definition) {
  const std::string known = run::option_name(workloads::kConnectionsInfo.name);
  return definition.takes_more ||
         std::ranges::any_of(definition.options, [&](const Definition::Entry& entry) {
           return std::ranges::find(entry.names, known) != entry.names.end();
         });
}

// What the program has under the name, where a parameter would be in its way: "an option of gate".
std::string taken_by(std::string_view parameter, Registry& registry) {
  if (is_parameter(parameter)) return "";
  // Results have these beside the parameters of a cell.
  if (parameter == result::kBuildParameter || parameter == "strategy") return "a field of results";
  if (run::find_setting(parameter) != nullptr) return "a setting";
  const std::string option = run::option_name(parameter);
  for (const Command& command : commands()) {
    const Definition definition = definition_of(command, registry);
    if (!takes_parameters(definition)) continue;
    for (const Definition::Entry& entry : definition.options) {
      if (std::ranges::find(entry.names, option) != entry.names.end()) {
        return fmt::format("an option of {}", command.name);
      }
    }
  }
  return "";
}

// Why the workload's names cannot be typed; empty: they can.
std::string conflict_of(const workloads::WorkloadInfo& info, Registry& registry) {
  const std::vector<std::string> suites = run::suite_names();
  if (std::ranges::find(suites, info.name) != suites.end()) {
    return "there is a suite of that name; give it another one";
  }
  for (const workloads::ParameterInfo& parameter : info.parameters) {
    if (const std::string owner = taken_by(parameter.name, registry); !owner.empty()) {
      return fmt::format("parameter {}: that is the name of {}; give it another one",
                         parameter.name, owner);
    }
  }
  return "";
}

void add_checked(Workloads added, Registry& registry) {
  for (const auto& workload : added) {
    if (const auto conflict = conflict_of(workload->info(), registry); !conflict.empty()) {
      throw workloads::UsageError(fmt::format("workload {}: {}", workload->info().name, conflict));
    }
  }
  workloads::add_workloads(std::move(added));
}

}  // namespace

void add_plugin_option(App& app, std::vector<std::string>& paths, const std::string& group) {
  app.add_option("--plugin", paths,
                 "a plugin (.so) whose strategies and workloads take part; ./ if it is here")
      .type_name("FILE")
      .allow_extra_args(false)
      .group(group);
}

std::vector<std::string> plugins_named_in(const Arguments& arguments) {
  constexpr std::string_view kOption = "--plugin";
  constexpr std::string_view kWithValue = "--plugin=";
  std::vector<std::string> named;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == kOption && i + 1 < arguments.size()) {
      named.push_back(arguments[++i]);
    } else if (arguments[i].starts_with(kWithValue)) {
      named.push_back(arguments[i].substr(kWithValue.size()));
    }
  }
  return named;
}

void load_plugins(const std::vector<std::string>& paths, Registry& registry) {
  for (const std::string& path : paths) {
    Workloads brought = load_apart(path, registry);
    try {
      add_checked(std::move(brought), registry);
    } catch (const workloads::UsageError& error) {
      throw usage_error(fmt::format("plugin {}: {}", registry.plugins().back(), error.what()), "");
    }
  }
}

void load_programs(const std::vector<std::string>& named, Registry& registry) {
  for (const std::string& text : named) {
    if (programs::ProgramSpec::is_one(text)) programs::load_program(text, registry);
  }
}

Workloads load_apart(const std::string& path, Registry& registry) {
  if (programs::ProgramSpec::is_one(path)) {
    programs::load_program(path, registry);
    return {};
  }
  try {
    const Plugin& plugin = load_plugin(path, registry);
    return workloads::workloads_of(plugin, registry.plugins().back());
  } catch (const PluginError& error) {
    throw usage_error(error.what(), "");
  }
}

}  // namespace asyncbench::cli
