// Loads plugins (core/plugin.hpp) into the program.
#pragma once

#include <stdexcept>
#include <string>

#include "core/strategy.hpp"

namespace asyncbench {

// Why a plugin was refused: one line with the file, the cause and the remedy.
class PluginError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Adds the strategies of the plugin in the file `path` to the registry. A plugin is code that runs
// with all rights of the user, so its path has to be given with a folder (nothing is searched for),
// and neither the file nor its folder may be in the hands of other users but root. The plugin stays
// loaded for as long as the program runs. Throws PluginError; the registry is unchanged then.
void load_plugin(const std::string& path, Registry& registry);

}  // namespace asyncbench
