// The option --plugin, of the subcommands that need strategies.
#pragma once

#include <string>
#include <vector>

#include "core/strategy.hpp"

namespace asyncbench::cli {

class App;

// Defines it; it may be given several times.
void add_plugin_option(App& app, std::vector<std::string>& paths, const std::string& group);

// Adds the plugins' strategies to the registry. Throws CommandError (exit 2) for one that is
// refused.
void load_plugins(const std::vector<std::string>& paths, Registry& registry);

}  // namespace asyncbench::cli
