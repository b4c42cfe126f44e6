#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <thread>

#include "measure/cpu.hpp"
#include "measure/disturbance.hpp"
#include "measure/environment.hpp"

namespace asyncbench::measure {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Environment, EveryFactHasAValueOrAReason) {
  const Environment environment = read_environment();
  EXPECT_GE(environment.facts.size(), 14U);
  for (const auto& [name, value] : environment.facts) {
    const bool missing = std::holds_alternative<std::monostate>(value);
    EXPECT_EQ(missing, environment.unreadable.contains(name)) << name;
  }
  EXPECT_EQ(environment.libraries.at("boost"), "1.81.0");
  EXPECT_FALSE(environment.libraries.at("zlib").empty());
}

TEST(Environment, KnowsKernelAndCompiler) {
  const Environment environment = read_environment();
  const auto text = [&](const std::string& name) {
    const auto fact =
        std::ranges::find(environment.facts, name, &std::pair<std::string, Fact>::first);
    return fact == environment.facts.end() ? std::string() : std::get<std::string>(fact->second);
  };
  EXPECT_THAT(text("kernel"), HasSubstr("."));
  EXPECT_THAT(text("compiler"), AnyOf(HasSubstr("g++"), HasSubstr("clang")));
}

TEST(CpuList, ReadsRangesAndSingles) {
  EXPECT_THAT(parse_cpu_list("0-2,5"), ElementsAre(0, 1, 2, 5));
  EXPECT_THAT(parse_cpu_list("7"), ElementsAre(7));
  EXPECT_THAT(parse_cpu_list(""), IsEmpty());
  EXPECT_THAT(parse_cpu_list("1,x"), ElementsAre(1));
  EXPECT_THAT(parse_cpu_list("3-"), IsEmpty());
}

TEST(PinTo, MovesTheThreadToTheCpu) {
  const std::vector<int> cpus = allowed_cpus();
  ASSERT_FALSE(cpus.empty());
  std::thread([&] {
    EXPECT_EQ(pin_to({cpus.back()}), "");
    EXPECT_EQ(::sched_getcpu(), cpus.back());
    EXPECT_THAT(allowed_cpus(), ElementsAre(cpus.back()));
  }).join();
  EXPECT_EQ(allowed_cpus(), cpus);
}

TEST(PinTo, SaysWhyNot) { EXPECT_THAT(pin_to({1023}), HasSubstr("sched_setaffinity to CPU 1023")); }

TEST(CpuIdleHold, HoldsOrSaysWhyNot) {
  const CpuIdleHold hold;
  EXPECT_NE(hold.held(), !hold.reason().empty());
}

TEST(Machine, DifferencesAreReadOrHaveTheirReason) {
  const MachineSnapshot before = take_machine(0);
  const MachineSnapshot between = difference(before, take_machine(0));
  EXPECT_GE(between.steal_ns.value_or(0), 0);
  EXPECT_EQ(between.steal_ns.has_value(), !between.unreadable.contains("steal_ns"));
  EXPECT_EQ(between.pressure_cpu_ns.has_value(), !between.unreadable.contains("pressure_cpu_ns"));
  EXPECT_EQ(between.frequency_khz.has_value(), !between.unreadable.contains("frequency_khz"));
}

TEST(Machine, APartOfTheCanaryTakesAFractionOfAMillisecond) {
  Duration fastest = spin_canary();
  for (int i = 0; i < 20; ++i) fastest = std::min(fastest, spin_canary());
  EXPECT_GT(fastest, std::chrono::microseconds(40));
  EXPECT_LT(fastest, std::chrono::milliseconds(3));
}

TEST(Machine, ClockGapsAreSeenAndNoLongerThanTheLook) {
  const Duration gap = longest_clock_gap(std::chrono::milliseconds(2));
  EXPECT_GT(gap, Duration{0});
}

}  // namespace
}  // namespace asyncbench::measure
