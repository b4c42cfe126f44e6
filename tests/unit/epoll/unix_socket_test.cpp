// What a Unix socket asks of a reactor beyond TCP.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "core/socket_ops.hpp"
#include "strategies/epoll/epoll.hpp"
#include "tests/conformance/script.hpp"
#include "tests/unit/result/temporary_folder.hpp"

namespace asyncbench {
namespace {

using conformance::script;
using conformance::Script;
using namespace std::chrono_literals;

class UnixListener {
 public:
  explicit UnixListener(int backlog)
      : endpoint_(*Endpoint::unix_socket(folder_.file("socket"))),
        fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    EXPECT_EQ(bind(fd_.get(), endpoint_.address(), endpoint_.size()), 0);
    EXPECT_EQ(listen(fd_.get(), backlog), 0);
  }

  const Endpoint& endpoint() const { return endpoint_; }
  Fd accept() const { return Fd{::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)}; }

  // Connections that leave no place for another.
  std::vector<Fd> fill() const {
    std::vector<Fd> waiting;
    for (int error = 0; error == 0;) {
      waiting.push_back(stream_socket(endpoint_, SOCK_NONBLOCK));
      error = begin_connect(waiting.back().get(), endpoint_);
    }
    EXPECT_EQ(errno, EAGAIN);
    waiting.pop_back();
    return waiting;
  }

 private:
  result::TemporaryFolder folder_;
  Endpoint endpoint_;
  Fd fd_;
};

LaneReport run(std::vector<std::unique_ptr<Task>> tasks) {
  std::array<LaneReport, 1> lanes;
  Job job;
  job.tasks = std::move(tasks);
  job.lanes = lanes;
  make_epoll()->run(job);
  return lanes[0];
}

TEST(EpollUnixSocket, AConnectWaitsForAPlaceInTheBacklog) {
  const UnixListener listener(1);
  const std::vector<Fd> waiting = listener.fill();
  std::atomic<bool> has_been_tried = false;
  std::jthread peer([&] {
    has_been_tried.wait(false);
    for (std::size_t i = 0; i < waiting.size() + 1; ++i) EXPECT_TRUE(listener.accept());
  });
  std::vector<std::unique_ptr<Task>> tasks;
  tasks.push_back(script([&](unsigned) -> Script {
    const Completion ended = co_await op::Connect{&listener.endpoint(), now() + 10s};
    EXPECT_FALSE(ended.error) << ended.error.message();
  }));
  // Starts after the first task has tried.
  tasks.push_back(script([&](unsigned) -> Script {
    has_been_tried = true;
    has_been_tried.notify_one();
    co_return;
  }));
  run(std::move(tasks));
}

TEST(EpollUnixSocket, AConnectGivesUpOnAFullBacklogAtItsDeadline) {
  const UnixListener listener(1);
  const std::vector<Fd> waiting = listener.fill();
  std::vector<std::unique_ptr<Task>> tasks;
  tasks.push_back(script([&](unsigned) -> Script {
    for (const Duration patience : {Duration(500us), Duration(7ms)}) {
      const Time deadline = now() + patience;
      const Completion ended = co_await op::Connect{&listener.endpoint(), deadline};
      EXPECT_GE(now(), deadline);
      EXPECT_EQ(ended.error, std::errc::timed_out) << ended.error.message();
    }
  }));
  run(std::move(tasks));
}

// The peer's reads make room in the socket, of which nobody wants to know.
TEST(EpollUnixSocket, ARoundTripWakesTheLoopOnce) {
  constexpr unsigned kRounds = 1000;
  const UnixListener listener(1);
  std::jthread peer([&] {
    const Fd connection = listener.accept();
    std::array<char, 4> word{};
    while (recv(connection.get(), word.data(), word.size(), 0) > 0) {
      // Gives the loop time to be woken between the read and the reply.
      std::this_thread::sleep_for(20us);
      ::send(connection.get(), word.data(), word.size(), MSG_NOSIGNAL);
    }
  });
  std::vector<std::unique_ptr<Task>> tasks;
  tasks.push_back(script([&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint(), now() + 10s};
    for (unsigned i = 0; i < kRounds; ++i) {
      co_await op::Send{std::as_bytes(std::span("ping", 4)), now() + 10s, now() + 10s};
      const Completion reply = co_await op::Receive{now() + 10s};
      EXPECT_EQ(reply.data.size(), 4U) << reply.error.message();
    }
    co_await op::Close{};
  }));
  EXPECT_LE(run(std::move(tasks)).wakeups, kRounds + kRounds / 10);
}

}  // namespace
}  // namespace asyncbench
