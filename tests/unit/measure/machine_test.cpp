#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>

#include "measure/cpu.hpp"
#include "measure/cpu_quota.hpp"
#include "measure/disturbance.hpp"
#include "measure/environment.hpp"
#include "tests/scratch_folder.hpp"

namespace asyncbench::measure {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A machine with control groups, as its files tell.
class Quotas : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((root.path() / name).parent_path());
    root.file(name, text);
  }

  const test::ScratchFolder root;
};

TEST_F(Quotas, AreThoseOfTheGroupAndAllAboveIt) {
  put("proc/self/cgroup", "0::/outer/inner\n");
  put("proc/self/mountinfo", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  EXPECT_FALSE(cpu_quota(root.path()));
  put("sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
  EXPECT_FALSE(cpu_quota(root.path()));
  put("sys/fs/cgroup/outer/cpu.max", "50000 100000\n");
  put("sys/fs/cgroup/outer/cpu.stat",
      "usage_usec 1\nnr_periods 4\nnr_throttled 3\nthrottled_usec 150\n");
  const auto outer = cpu_quota(root.path());
  ASSERT_TRUE(outer);
  EXPECT_DOUBLE_EQ(outer->cpus, 0.5);
  EXPECT_EQ(throttled_ns(*outer), 150'000);
  put("sys/fs/cgroup/outer/inner/cpu.max", "10000 100000\n");
  EXPECT_DOUBLE_EQ(cpu_quota(root.path())->cpus, 0.1);
}

TEST_F(Quotas, AreFoundInHierarchiesOfVersion1) {
  put("proc/self/cgroup", "2:cpuset:/\n1:cpu,cpuacct:/service\n0::/\n");
  put("proc/self/mountinfo",
      "30 24 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
      "31 24 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
      "32 24 0:28 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n");
  put("sys/fs/cgroup/cpu/service/cpu.cfs_quota_us", "-1\n");
  put("sys/fs/cgroup/cpu/service/cpu.cfs_period_us", "100000\n");
  EXPECT_FALSE(cpu_quota(root.path()));
  put("sys/fs/cgroup/cpu/service/cpu.cfs_quota_us", "150000\n");
  put("sys/fs/cgroup/cpu/service/cpu.stat", "nr_periods 4\nnr_throttled 3\nthrottled_time 70\n");
  const auto quota = cpu_quota(root.path());
  ASSERT_TRUE(quota);
  EXPECT_DOUBLE_EQ(quota->cpus, 1.5);
  EXPECT_EQ(throttled_ns(*quota), 70);
}

// In a container the mounted part of the hierarchy begins at the container's group.
TEST_F(Quotas, AreFoundWhereOnlyAPartOfTheHierarchyIsVisible) {
  put("proc/self/cgroup", "0::/docker/c1/job\n");
  put("proc/self/mountinfo", "30 24 0:26 /docker/c1 /sys/fs/cgroup rw - cgroup2 cgroup rw\n");
  put("sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_DOUBLE_EQ(cpu_quota(root.path()).value().cpus, 2);
}

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

TEST(Cpus, AreUsableByAsManyLoopsAsThereAre) {
  for (const unsigned cpus : {1U, 2U, 4U}) {
    for (const unsigned loops : {1U, 2U, 4U}) {
      EXPECT_EQ(usable_cpus(cpus, loops), std::min(cpus, loops));
    }
    EXPECT_EQ(usable_cpus(cpus, 0), cpus) << "threads of its own";
  }
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
