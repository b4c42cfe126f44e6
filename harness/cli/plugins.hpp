// The option --plugin: strategies and workloads from outside of this project.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/strategy.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::cli {

class App;

// Defines it; it may be given several times. `paths` gets what was typed, which has been loaded
// before: a workload brings options of its own, so a command line is read after its plugins.
void add_plugin_option(App& app, std::vector<std::string>& paths, const std::string& group);

// What --plugin names among the arguments of a command.
std::vector<std::string> plugins_named_in(const Arguments& arguments);

// Adds the strategies of the plugins to the registry, and their workloads to all_workloads(). A
// participant names its programs in the same way. Throws CommandError (exit 2) for one that is
// refused.
void load_plugins(const std::vector<std::string>& paths, Registry& registry);

// Adds the programs among what was named. Throws as load_plugins().
void load_programs(const std::vector<std::string>& named, Registry& registry);

// A plugin, or a program, as another build of one that has been loaded: its strategies are added to
// a registry of their own, and its workloads, which have the same names, are only returned.
std::vector<std::unique_ptr<const workloads::Workload>> load_apart(const std::string& path,
                                                                   Registry& registry);

}  // namespace asyncbench::cli
