// `asyncbench participant`: one side of a trial, started by run with descriptors 3 and 4.
#include "cli/parse.hpp"
#include "run/participant.hpp"

namespace asyncbench::cli {

ExitCode participant_command(const Arguments& arguments, const Registry& registry) {
  const auto app =
      make_app("participant",
               "One side of a trial, as a process of its own. The run command starts it; "
               "by hand it is of no use.",
               "It speaks JSON lines: orders on descriptor 3, answers on descriptor 4.\n"
               "Any program that does the same can take part in a measurement:\n"
               "docs/participant-protocol.md");
  if (!parse(*app, arguments)) return ExitCode::done;
  return static_cast<ExitCode>(run::participant_main(registry));
}

}  // namespace asyncbench::cli
