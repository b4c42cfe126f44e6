#include "cli/plugins.hpp"

#include "cli/parse.hpp"
#include "core/plugin_file.hpp"
#include "programs/program.hpp"

namespace asyncbench::cli {

void add_plugin_option(App& app, std::vector<std::string>& paths, const std::string& group) {
  app.add_option("--plugin", paths, "a plugin (.so) whose strategies take part; ./ if it is here")
      .type_name("FILE")
      .allow_extra_args(false)
      .group(group);
}

void load_plugins(const std::vector<std::string>& paths, Registry& registry) {
  for (const std::string& path : paths) {
    try {
      programs::ProgramSpec::is_one(path) ? programs::load_program(path, registry)
                                          : load_plugin(path, registry);
    } catch (const PluginError& error) {
      throw usage_error(error.what(), "");
    }
  }
}

}  // namespace asyncbench::cli
