// `asyncbench participant`: one side of a trial, started by run with descriptors 3 and 4.
#include "cli/parse.hpp"
#include "cli/plugins.hpp"
#include "run/participant.hpp"

namespace asyncbench::cli {

ExitCode participant_command(const Arguments& arguments, Registry& registry) {
  const auto app =
      make_app("participant",
               "One side of a trial, as a process of its own. The run command starts it; "
               "by hand it is of no use.",
               "It speaks JSON lines: orders on descriptor 3, answers on descriptor 4.\n"
               "Any program that does the same can take part in a measurement:\n"
               "docs/participant-protocol.md");
  std::vector<std::string> plugins;
  add_plugin_option(*app, plugins, "Options");
  if (!parse(*app, arguments)) return ExitCode::done;
  return static_cast<ExitCode>(run::participant_main(registry));
}

}  // namespace asyncbench::cli
