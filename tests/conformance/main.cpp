// Registers every check under every strategy as a test of its own:
// Conformance/asio.ReceiveDeadlineIsNeverEarly. A strategy of the registry needs no line here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "checks.hpp"
#include "core/plugin_file.hpp"
#include "strategies/registry.hpp"

namespace asyncbench::conformance {

namespace {

// What a run must leave as it found it, beside what the strategy's library keeps for the process.
struct Footprint {
  std::ptrdiff_t descriptors;
  std::ptrdiff_t threads;

  bool operator==(const Footprint&) const = default;
};

std::ptrdiff_t entries_of(const char* folder) {
  return std::distance(std::filesystem::directory_iterator(folder), {});
}

Footprint footprint(const Strategy& strategy) {
  const KeptResources kept = strategy.kept();
  return {entries_of("/proc/self/fd") - kept.descriptors,
          entries_of("/proc/self/task") - kept.threads};
}

// Threads and rings are torn down asynchronously: they have 1 s to go, from when the last of them
// went.
void expect_footprint(const Strategy& strategy, const Footprint& before) {
  Footprint after = footprint(strategy);
  Time patience = now() + std::chrono::seconds(1);
  while (after != before && now() < patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const Footprint then = std::exchange(after, footprint(strategy));
    if (after != then) patience = now() + std::chrono::seconds(1);
  }
  EXPECT_EQ(after.descriptors, before.descriptors) << "descriptors were left open";
  EXPECT_EQ(after.threads, before.threads) << "threads were left running";
}

class ConformanceTest : public testing::Test {
 public:
  ConformanceTest(Strategy& strategy, const Check& check) : strategy_(strategy), check_(check) {}

  void TestBody() override {
    const Support support = can_perform(strategy_, check_.needs);
    if (!support) GTEST_SKIP() << support.reason;
    const Footprint before = footprint(strategy_);
    check_.run(strategy_);
    expect_footprint(strategy_, before);
  }

 private:
  Strategy& strategy_;
  const Check& check_;
};

void register_checks(Strategy& strategy, const std::vector<Check>& checks) {
  std::string suite = "Conformance/" + strategy.info().name;
  std::replace(suite.begin(), suite.end(), ':', '_');  // separates the patterns of --gtest_filter
  for (const Check& check : checks) {
    testing::RegisterTest(suite.c_str(), check.name, nullptr, nullptr, __FILE__, __LINE__,
                          [&strategy, &check]() -> testing::Test* {
                            return std::make_unique<ConformanceTest>(strategy, check).release();
                          });
  }
}

TEST(Checks, CoverEveryEndingOfEveryOperation) {
  EXPECT_THAT(unchecked_endings(), testing::IsEmpty());
}

}  // namespace

}  // namespace asyncbench::conformance

// Without an option: the registry. `--plugin FILE`, any number of times: the strategies in there.
int main(int argc, char** argv) {
  using namespace asyncbench;
  testing::InitGoogleTest(&argc, argv);
  // A sanitizer starts a thread of its own beside the first one: it belongs to every baseline.
  std::thread([] {}).join();
  Registry registry;
  try {
    for (int i = 1; i < argc; i += 2) {
      if (argv[i] != std::string_view("--plugin") || i + 1 == argc) {
        throw PluginError("usage: " + std::string(argv[0]) +
                          " [--plugin FILE.so]... [--gtest_...]");
      }
      const std::size_t known = registry.all().size();
      load_plugin(argv[i + 1], registry);
      if (registry.all().size() == known) {
        refuse_plugin(argv[i + 1], "has no strategy in it, whose promises could be checked");
      }
    }
  } catch (const PluginError& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
  if (registry.all().empty()) registry = make_registry();
  const std::vector<conformance::Check> checks = conformance::all_checks();
  for (const auto& strategy : registry.all()) {
    // null talks to nobody, so no promise about a peer can be seen in it.
    if (strategy->info().name == "null") continue;
    conformance::register_checks(*strategy, checks);
  }
  return RUN_ALL_TESTS();
}
