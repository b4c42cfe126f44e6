#include "measure/off_cpu.hpp"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

#include "measure/symbols.hpp"
#include "measure/wait_reasons.hpp"

namespace asyncbench::measure {
namespace {

using namespace std::chrono_literals;

// Sleeps that many times in poll(2), for `each`.
std::int32_t sleeper(int times, Duration each) {
  std::int32_t id = 0;
  std::thread([&] {
    id = ::gettid();
    for (int i = 0; i < times; ++i) {
      ::poll(nullptr, 0, static_cast<int>(each / 1ms));
    }
  }).join();
  return id;
}

struct Waits {
  int count = 0;
  std::int64_t blocked_ns = 0;
  std::uint32_t stack = 0;
};

Waits waits_of(std::int32_t thread, const OffCpuRecorder::Taken& taken) {
  Waits waits;
  for (const OffCpuSpan& span : taken.spans) {
    EXPECT_LE(span.out_ns, span.woken_ns);
    EXPECT_LE(span.woken_ns, span.in_ns);
    if (span.thread != thread || span.preempted || span.blocked_ns() < 1'000'000) continue;
    ++waits.count;
    waits.blocked_ns += span.blocked_ns();
    waits.stack = span.stack;
  }
  return waits;
}

TEST(OffCpu, SeesHowLongAThreadSleptAndInWhat) {
  OffCpuRecorder recorder;
  if (!recorder.knows_reasons()) GTEST_SKIP() << recorder.reason();
  const Time from = now();
  recorder.start();
  const std::int32_t thread = sleeper(5, 4ms);
  recorder.stop();
  const auto taken = recorder.take(from, now());
  EXPECT_EQ(taken.lost, 0U);
  const Waits waits = waits_of(thread, taken);
  EXPECT_EQ(waits.count, 5);
  EXPECT_GE(waits.blocked_ns, 5 * 3'900'000);
  EXPECT_TRUE(taken.first_run_ns.contains(thread));
  Symbols symbols;
  std::vector<std::string> names;
  for (const std::uint64_t address : taken.stacks.at(waits.stack).kernel) {
    names.push_back(symbols.kernel(address - 1).name);
  }
  EXPECT_EQ(wait_reason(names).name, "poll") << testing::PrintToString(names);
  EXPECT_FALSE(taken.stacks.at(waits.stack).user.empty());
}

TEST(OffCpu, AThreadThatHasEndedWaitsNoMore) {
  OffCpuRecorder recorder;
  if (!recorder.available()) GTEST_SKIP() << recorder.reason();
  const Time from = now();
  recorder.start();
  const std::int32_t thread = sleeper(1, 4ms);
  std::this_thread::sleep_for(50ms);
  recorder.stop();
  EXPECT_LT(waits_of(thread, recorder.take(from, now())).blocked_ns, 40'000'000);
}

TEST(OffCpu, AThreadThatSleptAlreadyIsSeenFromTheStart) {
  const Fd wake{::eventfd(0, EFD_CLOEXEC)};
  OffCpuRecorder recorder;
  if (!recorder.available()) GTEST_SKIP() << recorder.reason();
  std::atomic<std::int32_t> id = 0;
  std::thread waiting([&] {
    id = ::gettid();
    eventfd_t value = 0;
    ::eventfd_read(wake.get(), &value);
  });
  std::string reason;
  const auto sleeps = [&] {
    const auto stat = read_text("/proc/self/task/" + std::to_string(id) + "/stat", reason);
    return stat && stat->find(") S ") != std::string::npos;
  };
  while (id == 0 || !sleeps()) std::this_thread::yield();
  const Time from = now();
  recorder.start();
  std::this_thread::sleep_for(5ms);
  ::eventfd_write(wake.get(), 1);
  waiting.join();
  recorder.stop();
  const auto taken = recorder.take(from, now());
  EXPECT_FALSE(taken.first_run_ns.contains(id));
  const auto span = std::ranges::find(taken.spans, id.load(), &OffCpuSpan::thread);
  ASSERT_NE(span, taken.spans.end());
  EXPECT_TRUE(span->began_before);
  EXPECT_EQ(span->out_ns, to_ns(from));
  EXPECT_GE(span->in_ns - span->out_ns, 5'000'000);
}

TEST(OffCpu, OfThePlainUserKnowsTheTimesAndSaysWhatItLacks) {
  const pid_t plain_user = ::fork();
  if (plain_user == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
    OffCpuRecorder recorder;
    if (!recorder.available()) ::_exit(3);
    if (recorder.knows_reasons() || recorder.reason().empty()) ::_exit(4);
    const Time from = now();
    recorder.start();
    const std::int32_t thread = sleeper(5, 4ms);
    recorder.stop();
    const Waits waits = waits_of(thread, recorder.take(from, now()));
    ::_exit(waits.count == 5 && waits.blocked_ns > 5 * 3'900'000 ? 0 : 5);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(plain_user, &status, 0), plain_user);
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "needs root, to give it up";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace asyncbench::measure
