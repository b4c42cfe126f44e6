#include "measure/syscall_tally.hpp"

#include <gmock/gmock.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "measure/syscall_names.hpp"

namespace asyncbench::measure {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(SyscallNames, AreThoseOfTheKernelsHeaders) {
  EXPECT_EQ(syscall_name(SYS_read), "read");
  EXPECT_EQ(syscall_name(SYS_io_uring_enter), "io_uring_enter");
  EXPECT_EQ(syscall_name(999), "syscall_999");
  EXPECT_GT(kSyscalls.size(), 300U);
}

TEST(SyscallTally, ADifferenceNamesWhatCameAlone) {
  EXPECT_THAT(difference({{"read", 3}, {"poll", 1}}, {{"poll", 1}, {"read", 5}, {"write", 2}}),
              ElementsAre(Pair("read", 2), Pair("write", 2)));
}

class Tally : public testing::Test {
 protected:
  void SetUp() override {
    if (!tally_.available()) GTEST_SKIP() << tally_.reason();
  }
  SyscallTally tally_;
};

// Calls that neither the C library, the test framework nor a sanitizer makes by itself.
void make_calls(int count) {
  for (int i = 0; i < count; ++i) ::getppid();
  for (int i = 0; i < count / 10; ++i) ::getsid(0);
  for (int i = 0; i < 3; ++i) ::syscall(999);
}

TEST_F(Tally, CountsEveryCallOfEveryThreadButTheFirst) {
  constexpr int kThreads = 8;
  constexpr int kCalls = 20'000;
  const SyscallCounts before = tally_.read();
  make_calls(kCalls);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back(make_calls, kCalls);
  }
  const SyscallCounts made = difference(before, tally_.read());
  EXPECT_EQ(made.at("getppid"), kThreads * kCalls);
  EXPECT_EQ(made.at("getsid"), kThreads * kCalls / 10);
  EXPECT_EQ(made.at("syscall_999"), kThreads * 3U);
  EXPECT_EQ(made.at("exit"), kThreads);
  EXPECT_EQ(tally_.missed(), 0U);
}

TEST_F(Tally, CountsNoCallOfAnotherProcess) {
  const SyscallCounts before = tally_.read();
  const pid_t other = ::fork();
  if (other == 0) {
    std::thread(make_calls, 1000).join();
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(other, nullptr, 0), other);
  // A sanitizer's thread may make others.
  EXPECT_FALSE(difference(before, tally_.read()).contains("getppid"));
}

TEST(SyscallTally, WithoutPermissionSaysTheRemedy) {
  const pid_t plain_user = ::fork();
  if (plain_user == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
    const SyscallTally tally;
    const bool said = tally.reason().find("run as root, or with CAP_BPF") != std::string::npos;
    ::_exit(!tally.available() && said && tally.read().empty() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(plain_user, &status, 0), plain_user);
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "needs root, to give it up";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace asyncbench::measure
