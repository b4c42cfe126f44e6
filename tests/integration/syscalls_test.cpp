// Compares our count of system calls by name with that of strace, for every strategy.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <thread>

#include "measure/syscall_tally.hpp"
#include "run/plan.hpp"
#include "run/sitting.hpp"
#include "strategies/registry.hpp"
#include "tests/sanitized.hpp"
#include "tests/scratch_folder.hpp"

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;
using testing::Not;

constexpr std::uint64_t kRequests = 400;

std::vector<std::string> strategies() {
  const Registry registry = make_registry();
  std::vector<std::string> names;
  for (const auto& strategy : registry.all()) {
    if (strategy->info().name != kNullStrategy) names.push_back(strategy->info().name);
  }
  return names;
}

// The calls of all threads except the first, which is the harness's; empty while the process has
// not ended yet.
measure::SyscallCounts counts_of(const std::filesystem::path& log) {
  static const std::regex kCall(R"(^(\d+) +([a-z0-9_]+)\(.*)");
  static const std::regex kExit(R"(^(\d+) +\+\+\+ exited with 0 \+\+\+$)");
  measure::SyscallCounts counts;
  std::ifstream file(log);
  std::string first;
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, match, kCall)) {
      if (first.empty()) first = match[1];
      if (match[1] != first) ++counts[match[2]];
    } else if (std::regex_match(line, match, kExit) && match[1] == first) {
      return counts;
    }
  }
  return {};
}

// ThreadSanitizer has a thread that sleeps and reads the clock until the process ends, so also
// after the program has read its count.
measure::SyscallCounts without_sanitizer(measure::SyscallCounts counts) {
  if (!test::kUnderThreadSanitizer) return counts;
  for (const char* name : {"gettimeofday", "nanosleep"}) counts.erase(name);
  return counts;
}

class Syscalls : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (std::system("strace -V >/dev/null 2>&1") != 0) GTEST_SKIP() << "no strace here";
    const measure::SyscallTally tally;
    if (!tally.available()) GTEST_SKIP() << tally.reason();
  }

  // Runs the program under strace, which writes to log(). LeakSanitizer, where the build has it,
  // cannot look for leaks in a process that is traced.
  std::string traced_program() const {
    const std::filesystem::path script = folder_.path() / "traced";
    std::ofstream(script)
        << "#!/bin/sh\n"
        << "export ASAN_OPTIONS=\"${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0\"\n"
        << "exec strace -DD -f -o " << log() << " -- " << ASYNCBENCH_PROGRAM << " \"$@\"\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    return script;
  }
  std::filesystem::path log() const { return folder_.path() / "log"; }

  test::ScratchFolder folder_;
};

TEST_P(Syscalls, AreThoseThatStraceCounts) {
  const Registry registry = make_registry();
  PlannedCell cell = make_cell("fetch", GetParam(), {{"connections", "4"}}, registry);
  if (!cell.unsupported.empty()) GTEST_SKIP() << cell.unsupported;
  cell.program = traced_program();
  const Settings settings{.warmup = 0ms,
                          .requests = kRequests,
                          .peer_program = ASYNCBENCH_PROGRAM,
                          .peer_strategy = "epoll",
                          .profile = measure::ProfileOptions{}};
  const result::Trial trial =
      run_alone({.cell = cell, .settings = settings, .kind = result::TrialKind::count});
  // Under strace an invariant about rates may break, which does not matter here.
  ASSERT_TRUE(trial.profile && trial.profile->calls) << trial.reason;
  ASSERT_EQ(trial.ended(), kRequests);

  // The tracer goes on writing for a moment after the program has ended.
  measure::SyscallCounts expected = counts_of(log());
  for (const Time patience = now() + 10s; expected.empty() && now() < patience;) {
    std::this_thread::yield();
    expected = counts_of(log());
  }
  ASSERT_THAT(expected, Not(testing::IsEmpty()));
  EXPECT_EQ(without_sanitizer(trial.profile->calls->in_job), without_sanitizer(expected));
  EXPECT_EQ(trial.profile->calls->missed, 0U);
}

INSTANTIATE_TEST_SUITE_P(EveryStrategy, Syscalls, testing::ValuesIn(strategies()),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::ranges::replace(name, ':', '_');
                           return name;
                         });

}  // namespace
}  // namespace asyncbench::run
