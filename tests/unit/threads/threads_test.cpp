// How many threads the strategies over blocking calls use: their promises to tasks are the
// conformance suite's.
#include "strategies/threads/threads.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "peer.hpp"
#include "run_job.hpp"

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

// A task that gathers three children, each of which begins one request, `rounds` times.
std::vector<LaneReport> gather_threes(Strategy& strategy, int rounds) {
  std::atomic<int> begun = 0;
  std::array<std::unique_ptr<Task>, 3> owners;
  std::array<Task*, 3> children{};
  for (std::size_t i = 0; i < children.size(); ++i) {
    owners[i] = script([&begun](unsigned) -> Script {
      co_await op::Begin{};
      ++begun;
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
      co_await op::Send{bytes_of("ping"), kNever, /*awaits_reply=*/true};
      const Completion reply = co_await op::Receive{};
      if (conformance::text_of(reply.data) == "ping") ++answers;
    }));
  }
  run_job(*make_thread_pool(), std::move(tasks));
  EXPECT_EQ(answers, kTasks);
}

}  // namespace
}  // namespace asyncbench
