// Plugins that must be refused; ODDITY says what is wrong with this one.
#include <string>
#include <string_view>

#include "core/plugin.hpp"

namespace asyncbench {
namespace {

constexpr std::string_view kOddity = ODDITY;

class Idle final : public Strategy {
 public:
  explicit Idle(std::string name) : info_{.name = std::move(name), .family = "odd"} {}
  const StrategyInfo& info() const override { return info_; }
  void run(Job&) override {}

 private:
  StrategyInfo info_;
};

std::vector<std::unique_ptr<Strategy>> make_strategies() {
  std::vector<std::unique_ptr<Strategy>> strategies;
  if (kOddity == "throws") throw std::runtime_error("no strategy today");
  if (kOddity == "empty") return strategies;
  strategies.push_back(std::make_unique<Idle>(kOddity == "clash"  ? "asio"
                                              : kOddity == "name" ? "No Name"
                                                                  : "idle"));
  return strategies;
}

Plugin describe() {
  Plugin plugin{.make = make_strategies};
  if (kOddity == "version") --plugin.abi;
  if (kOddity == "compiler") plugin.compiler = "cfront 1.0";
  if (kOddity == "sizes") plugin.sizes.job += 8;
  return plugin;
}

}  // namespace
}  // namespace asyncbench

const asyncbench::Plugin* asyncbench_plugin() {
  static const asyncbench::Plugin plugin = asyncbench::describe();
  return &plugin;
}
