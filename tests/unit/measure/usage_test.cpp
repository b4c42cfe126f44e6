#include "measure/usage.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <stop_token>
#include <thread>

#include "core/fd.hpp"
#include "measure/disturbance.hpp"
#include "measure/syscalls.hpp"

namespace asyncbench::measure {
namespace {

TEST(Usage, EveryFieldIsReadOrHasItsReason) {
  const UsageSnapshot usage = take_usage();
  EXPECT_TRUE(usage.cpu_user_ns && usage.cpu_system_ns);
  EXPECT_GT(usage.memory_peak_bytes.value_or(0), 100'000);
  EXPECT_GE(usage.threads.value_or(0), 1);
  EXPECT_GE(usage.descriptors.value_or(0), 3);
  EXPECT_EQ(usage.run_queue_wait_ns.has_value(), !usage.unreadable.contains("run_queue_wait_ns"));
}

// The account of a control group begins with its first process, getrusage(2)'s with this one.
TEST(Usage, TakesNoDifferenceOfTwoAccounts) {
  const UsageSnapshot before{.cpu_user_ns = 10, .cpu_system_ns = 10};
  UsageSnapshot after{.cpu_user_ns = 11, .cpu_system_ns = 5, .cpu_by_group = true};
  UsageSnapshot between = difference(before, after);
  EXPECT_FALSE(between.cpu_user_ns || between.cpu_system_ns);
  EXPECT_TRUE(between.unreadable.contains("cpu_user_ns"));
  EXPECT_FALSE(difference(CpuTotal{.ns = 1}, CpuTotal{.ns = 2, .by_group = true}));
  after.cpu_by_group = false;
  between = difference(before, after);
  EXPECT_EQ(between.cpu_user_ns, 1);
  EXPECT_FALSE(between.cpu_system_ns) << "a count that went backwards";
}

TEST(Usage, CpuTimeGrowsWhileSpinning) {
  const UsageSnapshot before = take_usage();
  Duration spun{0};
  while (spun < std::chrono::milliseconds(30)) spun += spin_canary();
  const UsageSnapshot used = difference(before, take_usage());
  // The wall time spun bounds the CPU time; on a busy machine it is more.
  EXPECT_GT(*used.cpu_user_ns + *used.cpu_system_ns, 1'000'000);
}

TEST(Usage, CountsDescriptorsAndThreads) {
  const auto spin = [](const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::yield();
  };
  // With the first thread, the thread sanitizer's runtime starts one of its own.
  const std::jthread first(spin);
  const UsageSnapshot before = take_usage();
  const Fd one{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const std::jthread thread(spin);
  const UsageSnapshot after = take_usage();
  EXPECT_EQ(*after.descriptors, *before.descriptors + 1);
  EXPECT_EQ(*after.threads, *before.threads + 1);
}

TEST(Usage, CountsMinorPageFaults) {
  // Not from the heap, whose pages an earlier test may have touched.
  constexpr std::size_t kBytes = std::size_t{8} << 20;
  void* const pages =
      ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  const UsageSnapshot before = take_usage();
  std::memset(pages, 1, kBytes);
  EXPECT_GT(*difference(before, take_usage()).page_faults_minor, 0);
  ::munmap(pages, kBytes);
}

TEST(Usage, HasNoRunQueueWaitWhenAThreadHasEnded) {
  std::jthread thread([](const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::yield();
  });
  const UsageSnapshot before = take_usage();
  if (!before.run_queue_wait_ns) GTEST_SKIP() << before.unreadable.at("run_queue_wait_ns");
  EXPECT_GE(difference(before, take_usage()).run_queue_wait_ns.value_or(-1), 0);
  thread = std::jthread();
  // A joined thread may be listed for a moment longer.
  while (take_usage().threads == before.threads) std::this_thread::yield();
  const UsageSnapshot between = difference(before, take_usage());
  EXPECT_FALSE(between.run_queue_wait_ns);
  EXPECT_TRUE(between.unreadable.contains("run_queue_wait_ns"));
}

TEST(Usage, KnowsTheBusiestThreadAmongSleepingOnes) {
  const std::jthread idle([](const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  const UsageSnapshot before = take_usage();
  if (before.thread_times.empty()) GTEST_SKIP() << before.unreadable.at("run_queue_wait_ns");
  ThreadTimes ended;
  std::jthread([&] {
    const Time start = now();
    while (now() - start < std::chrono::milliseconds(100)) spin_canary();
    add_own_time(ended);
  }).join();
  const UsageSnapshot after = take_usage();
  ThreadTimes times = after.thread_times;
  times.insert(ended.begin(), ended.end());
  // The last tick may lack, and this thread never sleeps, whether it has a CPU or not.
  EXPECT_GT(busiest_thread(before.thread_times, times).value_or(0), 80'000'000);
  EXPECT_LT(busiest_thread(before.thread_times, times).value_or(0),
            (after.taken - before.taken).count() + 20'000'000);
  EXPECT_FALSE(busiest_thread(before.thread_times, {}));
}

TEST(Usage, ADifferenceKeepsWhatEitherSideCouldNotRead) {
  UsageSnapshot before = take_usage();
  before.cpu_user_ns.reset();
  before.unreadable["cpu_user_ns"] = "why not";
  const UsageSnapshot between = difference(before, take_usage());
  EXPECT_FALSE(between.cpu_user_ns);
  EXPECT_EQ(between.unreadable.at("cpu_user_ns"), "why not");
}

TEST(SyscallCounter, CountsExactlyWhatThisProcessAndItsThreadsCall) {
  SyscallCounter counter;
  if (!counter.available()) {
    EXPECT_FALSE(counter.reason().empty());
    EXPECT_FALSE(counter.read_count());
    GTEST_SKIP() << counter.reason();
  }
  constexpr int kCalls = 1000;
  counter.enable();
  const std::int64_t start = *counter.read_count();
  const std::int64_t one_read = *counter.read_count() - start;
  const std::int64_t before = *counter.read_count();
  for (int i = 0; i < kCalls; ++i) ::syscall(SYS_getppid);
  EXPECT_EQ(*counter.read_count() - before, kCalls + one_read);

  std::jthread([] {
    for (int i = 0; i < kCalls; ++i) ::syscall(SYS_getppid);
  }).join();
  EXPECT_GE(*counter.read_count() - before, 2 * kCalls);

  counter.disable();
  const std::int64_t stopped = *counter.read_count();
  ::syscall(SYS_getppid);
  EXPECT_EQ(*counter.read_count(), stopped);
}

}  // namespace
}  // namespace asyncbench::measure
