// What makes a plugin of it; a strategy in asyncbench's registry has no such file.
#include "core/plugin.hpp"

#include "poll_strategy.hpp"

namespace asyncbench {

namespace {

std::vector<std::unique_ptr<Strategy>> make_strategies() {
  std::vector<std::unique_ptr<Strategy>> strategies;
  strategies.push_back(make_poll_strategy());
  return strategies;
}

}  // namespace

}  // namespace asyncbench

const asyncbench::Plugin* asyncbench_plugin() {
  static const asyncbench::Plugin plugin{.make = asyncbench::make_strategies};
  return &plugin;
}
