#include "programs/process_tree.hpp"

#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "core/time.hpp"

namespace asyncbench::programs {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

pid_t start_shell(std::string script) {
  std::string shell = "sh", flag = "-c";
  char* const arguments[] = {shell.data(), flag.data(), script.data(), nullptr};
  pid_t pid = 0;
  EXPECT_EQ(::posix_spawn(&pid, "/bin/sh", nullptr, nullptr, arguments, environ), 0);
  return pid;
}

// Until there are so many descendants.
void wait_for(std::size_t wanted) {
  const Time limit = now() + 10s;
  while (descendants().size() != wanted && now() < limit) std::this_thread::sleep_for(1ms);
  EXPECT_THAT(descendants(), SizeIs(wanted));
}

TEST(ProcessTree, FindsAndEndsWhoeverWasStarted) {
  adopt_orphans();
  ASSERT_THAT(descendants(), IsEmpty());
  // The shell ends at once: one child in a session of its own is left, which ignores SIGTERM.
  const pid_t shell =
      start_shell("setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' & sleep 0.2");
  ::waitpid(shell, nullptr, 0);
  wait_for(2);
  kill_descendants();
  EXPECT_THAT(descendants(), IsEmpty());
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // nobody is left to be reaped
}

TEST(ProcessTree, CountsWhatTheyUseAndNotWhatThisProcessDoes) {
  const measure::UsageSnapshot before = take_usage_of_descendants();
  start_shell("while :; do :; done");
  // As much work here as there.
  const Time end = now() + 300ms;
  while (now() < end) {
  }
  const measure::UsageSnapshot after = take_usage_of_descendants();
  const measure::UsageSnapshot spent = measure::difference(before, after);
  kill_descendants();
  const std::int64_t cpu_ns = *spent.cpu_user_ns + *spent.cpu_system_ns;
  EXPECT_GT(cpu_ns, 20'000'000);
  EXPECT_LT(cpu_ns, 500'000'000);
  EXPECT_GT(spent.memory_peak_bytes.value_or(0), 100'000);
  EXPECT_EQ(after.threads, 1);
}

}  // namespace
}  // namespace asyncbench::programs
