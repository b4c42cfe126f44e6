// Loads plugins (core/plugin.hpp) into the program.
#pragma once

#include <stdexcept>
#include <string>

#include "core/plugin.hpp"
#include "core/strategy.hpp"

namespace asyncbench {

// Why a plugin was refused: one line with the file, the cause and the remedy.
class PluginError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws it.
[[noreturn]] void refuse_plugin(const std::string& path, const std::string& why);

// What passes between the plugin and the program has another size for each.
[[noreturn]] void refuse_other_headers(const std::string& path);

// Adds the strategies of the plugin in the file `path` to the registry, and returns what it says of
// itself; its workloads are the caller's to add. A plugin is code that runs with all rights of the
// user, so its path has to be given with a folder (nothing is searched for), and neither the file
// nor its folder may be in the hands of other users but root. The plugin stays loaded for as long
// as the program runs. Throws PluginError; the registry is unchanged then.
const Plugin& load_plugin(const std::string& path, Registry& registry);

}  // namespace asyncbench
