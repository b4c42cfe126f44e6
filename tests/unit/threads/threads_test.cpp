// What is the thread strategies' own: how many threads they use, and what blocking calls cannot
// wait for. Their promises to tasks are the conformance suite's.
#include "strategies/threads/threads.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <barrier>
#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/fd.hpp"
#include "peer.hpp"
#include "run_job.hpp"
#include "stopper.hpp"
#include "tests/scratch_folder.hpp"

namespace asyncbench {
namespace {

using namespace std::chrono_literals;
using conformance::bytes_of;
using conformance::connect_to;
using conformance::Listener;
using conformance::Peer;
using conformance::run_job;
using conformance::run_script;
using conformance::Script;
using conformance::script;
using conformance::Tasks;

constexpr unsigned kPoolWorkers = 64;

std::uint64_t threads_created(const std::vector<LaneReport>& reports) {
  std::uint64_t created = 0;
  for (const LaneReport& report : reports) created += report.counters.at("threads_created");
  return created;
}

// A task that gathers three children, each of which begins one request, `rounds` times. All three
// are in flight at once: a thread that has finished one must not go on with another.
std::vector<LaneReport> gather_threes(Strategy& strategy, int rounds) {
  std::atomic<int> begun = 0;
  std::barrier all(3);
  std::array<std::unique_ptr<Task>, 3> owners;
  std::array<Task*, 3> children{};
  for (std::size_t i = 0; i < children.size(); ++i) {
    owners[i] = script([&](unsigned) -> Script {
      co_await op::Begin{};
      ++begun;
      all.arrive_and_wait();
    });
    children[i] = owners[i].get();
  }
  const auto reports = run_script(strategy, [&](unsigned) -> Script {
    for (int round = 1; round <= rounds; ++round) {
      const Completion ended = co_await op::Gather{children};
      EXPECT_FALSE(ended.error) << ended.error.message();
      EXPECT_EQ(begun, 3 * round);
    }
  });
  EXPECT_EQ(begun, 3 * rounds);
  return reports;
}

TEST(ThreadPerRequest, GivesEveryRequestOfAChildAFreshThread) {
  EXPECT_EQ(threads_created(gather_threes(*make_thread_per_request(), 5)), 1U + 5 * 3);
}

TEST(ThreadPerConnection, KeepsTheThreadsOfAFamilyFromOneGatherToTheNext) {
  EXPECT_EQ(threads_created(gather_threes(*make_thread_per_connection(), 5)), 3U);
}

Script echo(unsigned) {
  for (;;) {
    const Completion received = co_await op::Receive{now() + 30s};
    if (received.error || received.data.empty()) break;
    co_await op::Begin{};
    co_await op::Send{received.data, now() + 30s};
  }
  co_await op::Close{};
}

class EchoAcceptor final : public Acceptor {
 public:
  int socket(unsigned) override { return listener_.fd(); }
  std::unique_ptr<Task> accepted(unsigned) override { return script(echo); }
  const Endpoint& endpoint() const { return listener_.endpoint(); }

 private:
  Listener listener_;
};

TEST(ThreadPool, ServesManyTimesMoreIdleConnectionsThanItHasWorkers) {
  EchoAcceptor acceptor;
  conformance::RunOptions options;
  options.acceptor = &acceptor;
  std::vector<LaneReport> reports;
  std::jthread serving([&] { reports = run_job(*make_thread_pool(), {}, options); });

  std::vector<Peer> peers;
  for (unsigned i = 0; i < 4 * kPoolWorkers; ++i) peers.push_back(connect_to(acceptor.endpoint()));
  // Each is idle while all others are served, one at a time.
  for (int round = 0; round < 2; ++round) {
    for (Peer& peer : peers) {
      peer.send("hello");
      ASSERT_EQ(peer.receive(5), "hello");
    }
  }
  options.stop.request_stop();
  serving.join();
  EXPECT_LE(threads_created(reports), kPoolWorkers);
  EXPECT_GT(reports.front().counters.at("poller_waits"), 0U);
}

TEST(ThreadPool, LetsManyTimesMoreTasksSleepThanItHasWorkers) {
  std::atomic<int> woken = 0;
  Tasks tasks;
  for (unsigned i = 0; i < 10 * kPoolWorkers; ++i) {
    tasks.push_back(script([&woken](unsigned) -> Script {
      for (int nap = 0; nap < 3; ++nap) {
        const Time until = now() + 30ms;
        co_await op::Sleep{until};
        conformance::expect_on_time(until, now());
        ++woken;
      }
    }));
  }
  const auto reports = run_job(*make_thread_pool(), std::move(tasks));
  EXPECT_EQ(woken, static_cast<int>(3 * 10 * kPoolWorkers));
  EXPECT_LE(threads_created(reports), kPoolWorkers);
}

// A worker that waited for its own peer alone would leave nobody to wait for the others'.
TEST(ThreadPool, WaitsForMorePeersAtOnceThanItHasWorkers) {
  constexpr unsigned kTasks = 3 * kPoolWorkers;
  const Listener listener;
  std::jthread peer([&] {
    std::vector<Peer> connections;
    for (unsigned i = 0; i < kTasks; ++i) connections.push_back(listener.accept());
    // The last to ask is the first to be answered.
    while (!connections.empty()) {
      connections.back().send(connections.back().receive(4));
      connections.pop_back();
    }
  });
  std::atomic<unsigned> answers = 0;
  Tasks tasks;
  for (unsigned i = 0; i < kTasks; ++i) {
    tasks.push_back(script([&](unsigned) -> Script {
      co_await op::Begin{};
      co_await op::Connect{&listener.endpoint()};
      co_await op::Send{bytes_of("ping"), kNever, kNever};
      const Completion reply = co_await op::Receive{};
      if (conformance::text_of(reply.data) == "ping") ++answers;
    }));
  }
  run_job(*make_thread_pool(), std::move(tasks));
  EXPECT_EQ(answers, kTasks);
}

// A listener on a Unix socket whose queue holds no further connection.
class FullUnixListener {
 public:
  FullUnixListener() {
    const std::string path = folder_.path() / "full";
    endpoint_ = Endpoint::unix_socket(path).value();
    EXPECT_EQ(::bind(socket_.get(), endpoint_.address(), endpoint_.size()), 0);
    EXPECT_EQ(::listen(socket_.get(), 0), 0);
    for (;;) {
      Fd fill(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      if (::connect(fill.get(), endpoint_.address(), endpoint_.size()) != 0) break;
      filling_.push_back(std::move(fill));
    }
    EXPECT_EQ(errno, EAGAIN);
  }
  const Endpoint& endpoint() const { return endpoint_; }
  void accept_one() { const Fd accepted(::accept(socket_.get(), nullptr, nullptr)); }

 private:
  test::ScratchFolder folder_;
  Fd socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  Endpoint endpoint_;
  std::vector<Fd> filling_;
};

// No shutdown wakes a thread that blocks in such a connect, and no poll tells when there is room.
TEST(ThreadPerConnection, ConnectsToAFullUnixSocketWhenThereIsRoomAndNotAfterItsDeadline) {
  FullUnixListener full;
  run_script(*make_thread_per_connection(), [&](unsigned) -> Script {
    const Time deadline = now() + 60ms;
    const Completion late = co_await op::Connect{&full.endpoint(), deadline};
    conformance::expect_on_time(deadline, now());
    EXPECT_EQ(late.error, std::errc::timed_out) << late.error.message();
    full.accept_one();
    const Completion connected = co_await op::Connect{&full.endpoint(), now() + 10s};
    EXPECT_FALSE(connected.error) << connected.error.message();
    co_await op::Close{};
  });
}

TEST(ThreadPerConnection, EndsAConnectToAFullUnixSocketAtTheStop) {
  const FullUnixListener full;
  conformance::RunOptions options;
  conformance::Stopper stopper(options.stop);
  run_script(
      *make_thread_per_connection(),
      [&](unsigned) -> Script {
        stopper.now_waiting();
        conformance::expect_canceled(co_await op::Connect{&full.endpoint()});
      },
      options);
}

}  // namespace
}  // namespace asyncbench
