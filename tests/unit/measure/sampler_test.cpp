#include "measure/sampler.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <thread>

#include "measure/usage.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::measure {

[[gnu::noinline]] void burn_cpu_to_be_found(std::int64_t cpu_ns) {
  timespec used{};
  do {
    // Long in comparison with the clock's code, which has no frame pointers.
    for (int i = 0; i < 1'000'000; ++i) asm volatile("");
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  } while (used.tv_sec * 1'000'000'000 + used.tv_nsec < cpu_ns);
}

namespace {

constexpr std::int64_t kBurn = 300'000'000;

TEST(CallTree, SharesTheBeginningsOfStacks) {
  const Function a{"a", "m"}, b{"b", "m"}, c{"c", "m"};
  CallTreeBuilder builder;
  builder.add(std::vector{a, b}, 1);
  builder.add(std::vector{a, b, c}, 2);
  builder.add(std::vector{a}, 4);
  builder.add(std::vector{a, b, c}, 8);
  const CallTree tree = builder.take();
  EXPECT_EQ(tree.functions, (std::vector{a, b, c}));
  EXPECT_EQ(tree.nodes, (std::vector<CallTree::Node>{{-1, 0, 4}, {0, 1, 1}, {1, 2, 10}}));
  EXPECT_EQ(tree.weight(), 15U);
  EXPECT_EQ(tree.stack_of(2), (std::vector<std::uint64_t>{0, 1, 2}));
}

struct SampledBurn {
  std::optional<OnCpu> profile;
  double used_ns = 0;  // CPU, in the window
};

SampledBurn sample_a_burn() {
  Sampler sampler(999);
  std::jthread(burn_cpu_to_be_found, kBurn).join();  // before: not sampled
  const UsageSnapshot before = take_usage();
  sampler.start();
  std::jthread(burn_cpu_to_be_found, kBurn).join();
  sampler.stop();
  const UsageSnapshot spent = difference(before, take_usage());
  std::jthread(burn_cpu_to_be_found, kBurn).join();  // after: not sampled
  Unreadable unreadable;
  return {.profile = sampler.take(unreadable),
          .used_ns = static_cast<double>(*spent.cpu_user_ns + *spent.cpu_system_ns)};
}

// 1: samples account for all CPU that was used.
double accounted_for(const SampledBurn& burn) {
  return static_cast<double>(burn.profile->stacks.weight()) *
         static_cast<double>(*burn.profile->period_ns) / burn.used_ns;
}

TEST(Sampler, FindsWhereAThreadUsesTheCpuWithinTheWindow) {
  if (const Sampler sampler(999); !sampler.available()) GTEST_SKIP() << "no sampling here";
  SampledBurn burn = sample_a_burn();
  const auto& profile = burn.profile;
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->lost, 0U);

  const CallTree& tree = profile->stacks;
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const auto stack = tree.stack_of(i);
    EXPECT_EQ(tree.functions[stack.front()].module, kThreadModule);
    if (std::ranges::any_of(stack, [&](std::uint64_t function) {
          return tree.functions[function].name == "asyncbench::measure::burn_cpu_to_be_found" &&
                 tree.functions[function].module == profile->program;
        })) {
      found += tree.nodes[i].weight;
    }
  }
  if (test::kSanitized) return;  // its time is the sanitizer's, too
  EXPECT_GE(static_cast<double>(found), 0.9 * static_cast<double>(tree.weight()));
  if (!profile->period_ns) return;
  const double tolerance = profile->kernel ? 0.05 : 0.15;
  // A host that takes the CPU away takes ticks of the sampling clock with it.
  for (int again = 0; again < 4 && std::abs(accounted_for(burn) - 1) > tolerance; ++again) {
    burn = sample_a_burn();
    ASSERT_TRUE(burn.profile && burn.profile->period_ns);
  }
  EXPECT_NEAR(accounted_for(burn), 1, tolerance);
}

TEST(Sampler, HasNothingWithoutAWindow) {
  Sampler sampler(999);
  Unreadable unreadable;
  const auto profile = sampler.take(unreadable);
  if (!profile) GTEST_SKIP() << unreadable["on_cpu"];
  EXPECT_EQ(profile->stacks.weight(), 0U);
}

}  // namespace
}  // namespace asyncbench::measure
