#include "measure/cpu_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include "measure/usage.hpp"

namespace asyncbench::measure {
namespace {

struct ChildReport {
  pid_t pid = -1;
  bool has_group = false;
  std::int64_t group_ns = 0;
  std::int64_t process_ns = 0;  // by the kernel's account of the process
};

std::int64_t process_cpu_ns() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return used.tv_sec * 1'000'000'000 + used.tv_nsec;
}

// The report of a child that does `work`, in a control group of its own or without one.
ChildReport report_of_child(bool grouped, const std::function<void()>& work) {
  std::array<int, 2> go{};
  std::array<int, 2> told{};
  EXPECT_EQ(::pipe(go.data()), 0);
  EXPECT_EQ(::pipe(told.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    if (::read(go[0], &byte, 1) != 1) ::_exit(1);
    const auto before = group_cpu_time();
    const std::int64_t process_before = process_cpu_ns();
    work();
    ChildReport report{.pid = ::getpid(), .process_ns = process_cpu_ns() - process_before};
    if (const auto after = group_cpu_time(); before && after) {
      report.has_group = true;
      report.group_ns = after->user_ns + after->system_ns - before->user_ns - before->system_ns;
    }
    ::_exit(::write(told[1], &report, sizeof report) == sizeof report ? 0 : 1);
  }
  const auto group = grouped ? std::make_unique<CpuGroup>(child) : nullptr;
  EXPECT_EQ(::write(go[1], "g", 1), 1);
  ChildReport report;
  EXPECT_EQ(::read(told[0], &report, sizeof report), static_cast<ssize_t>(sizeof report));
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  for (const int fd : {go[0], go[1], told[0], told[1]}) ::close(fd);
  return report;
}

// Each thread starts the next, so no thread waits for another's end, as in thread_per_request.
void run_chain_of_threads(int left, std::atomic<bool>& all_ran) {
  if (left == 0) {
    all_ran = true;
  } else {
    std::thread(run_chain_of_threads, left - 1, std::ref(all_ran)).detach();
  }
}

void run_many_threads() {
  constexpr int kThreads = 5000;
  std::thread([] {}).join();  // a sanitizer may add one of its own to the first
  const auto before = take_usage().threads;
  std::atomic<bool> all_ran = false;
  run_chain_of_threads(kThreads, all_ran);
  while (!all_ran || *take_usage().threads > *before) std::this_thread::yield();
}

std::size_t groups_of(pid_t process) {
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           "/sys/fs/cgroup", std::filesystem::directory_options::skip_permission_denied)) {
    found += entry.path().filename() == "asyncbench-" + std::to_string(process) ? 1 : 0;
  }
  return found;
}

TEST(CpuGroup, NobodyElseHasOne) {
  EXPECT_FALSE(group_cpu_time());
  EXPECT_FALSE(report_of_child(false, [] {}).has_group);
  EXPECT_FALSE(take_usage().cpu_by_group);
}

TEST(CpuGroup, HoldsWhatTheProcessUsedAndTheEndsOfItsThreads) {
  const ChildReport report = report_of_child(true, run_many_threads);
  if (!report.has_group) GTEST_SKIP() << "control groups cannot be made here";
  // The difference depends on the kernel (on 6.18, 3 us a thread or more). A running thread is
  // accounted for at every tick, which is 10 ms at most.
  constexpr std::int64_t kTickNs = 10'000'000;
  EXPECT_GT(report.group_ns, report.process_ns - kTickNs);
  EXPECT_LT(report.group_ns, 2 * report.process_ns + kTickNs);
}

TEST(CpuGroup, GoesWithItsProcess) {
  const ChildReport report = report_of_child(true, [] {});
  if (!report.has_group) GTEST_SKIP() << "control groups cannot be made here";
  EXPECT_EQ(groups_of(report.pid), 0U);
}

// Also by a run that starts no process, as one that is resumed after its last trial.
TEST(CpuGroup, IsRemovedAfterARunThatWasKilled) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  std::array<int, 2> told{};
  ASSERT_EQ(::pipe(told.data()), 0);
  const pid_t run = ::fork();
  if (run == 0) {
    const pid_t process = ::fork();
    if (process == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::pause();
      ::_exit(0);
    }
    const CpuGroup group(process);
    const bool wrote = ::write(told[1], &process, sizeof process) == sizeof process;
    ::_exit(wrote ? 0 : 1);  // without a destructor
  }
  pid_t process = -1;
  ASSERT_EQ(::read(told[0], &process, sizeof process), static_cast<ssize_t>(sizeof process));
  ASSERT_EQ(::waitpid(run, nullptr, 0), run);
  ::kill(process, SIGKILL);
  // Whoever has to reap it, an init for instance, may take its time.
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(process), &ended, WEXITED | WNOWAIT), 0);
  const std::size_t left = groups_of(process);
  remove_abandoned_groups();
  EXPECT_EQ(groups_of(process), 0U);
  EXPECT_EQ(::waitpid(process, nullptr, 0), process);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  if (left == 0) GTEST_SKIP() << "control groups cannot be made here";
}

}  // namespace
}  // namespace asyncbench::measure
