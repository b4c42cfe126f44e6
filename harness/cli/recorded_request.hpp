// Going on with a command whose plan follows from what it was asked and from what it has measured.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "cli/parse.hpp"
#include "cli/plugins.hpp"
#include "run/runner.hpp"

namespace asyncbench::cli {

// The request that began what the journal beside `given.resume` holds, with the output and plugins
// of `given`. `parse` is how `subcommand` reads its arguments. Throws CommandError and UsageError.
template <class Request>
Request recorded_request(std::string_view subcommand, const Request& given,
                         std::optional<Request> (*parse)(const Arguments&)) {
  const std::vector<std::string> command = run::recorded_command(given.resume);
  if (command.size() < 3 || command[1] != subcommand) {
    const std::string began = command.size() > 1 ? command[1] : "run";
    throw usage_error(fmt::format("{}.journal is not of asyncbench {}", given.resume, subcommand),
                      fmt::format("go on with asyncbench {} --resume {}", began, given.resume));
  }
  const Arguments arguments(command.begin() + 2, command.end());
  const auto refuse_plugins = [&](const std::vector<std::string>& plugins) {
    // A journal alone must not make this program load code.
    throw usage_error("the plugins of what was begun are others than those given now",
                      "go on with " + run::resume_command(subcommand, given.resume, plugins));
  };
  // Without their workloads, the arguments cannot be read.
  const std::vector<std::string> plugins = plugins_named_in(arguments);
  if (plugins.size() > given.plugins.size()) refuse_plugins(plugins);
  std::optional<Request> request = parse(arguments);
  if (!request || !request->resume.empty()) {
    throw usage_error(fmt::format("{}.journal does not say what was asked", given.resume),
                      "start anew");
  }
  if (request->plugins.size() != given.plugins.size()) refuse_plugins(request->plugins);
  request->options.out = given.resume;
  request->resume = given.resume;
  request->json = given.json;
  return *request;
}

}  // namespace asyncbench::cli
