// The echo server and its client over real sockets, both under every strategy that has sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "http_pair.hpp"
#include "strategies/registry.hpp"
#include "workloads/echo_client.hpp"
#include "workloads/echo_message.hpp"
#include "workloads/echo_server.hpp"

namespace asyncbench::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;
using workloads::EchoClientOptions;
using workloads::EchoRun;
using workloads::EchoServer;
using workloads::Listener;

Endpoint endpoint_of(const Listener& listener) {
  if (listener.path().empty()) return Endpoint::loopback(listener.port());
  return Endpoint::unix_socket(listener.path()).value();
}

// Serves until it is destroyed.
class Serving {
 public:
  Serving(Strategy& strategy, Acceptor& acceptor) {
    job_.acceptor = &acceptor;
    job_.lanes = lanes_;
    job_.stop = stop_.get_token();
    thread_ = std::jthread([this, &strategy] { strategy.run(job_); });
  }
  ~Serving() {
    stop_.request_stop();
    thread_.join();
  }

 private:
  std::vector<LaneReport> lanes_{1};
  Job job_;
  std::stop_source stop_;
  std::jthread thread_;
};

struct Told {
  measure::Recording recording;
  std::map<std::string, std::uint64_t> idle;
};

// Runs the client to the end of the budget.
Told ask(Strategy& strategy, const Endpoint& server, EchoClientOptions options,
         std::uint64_t messages) {
  options.servers = {server};
  options.deadline = 20s;
  std::vector<LaneReport> lanes(1);
  EchoRun run(options,
              {.shared_lanes = strategy.info().shares_lanes(), .request_budget = messages});
  run.load().window().start_ns = to_ns(now());
  Job job;
  job.tasks = run.make_tasks();
  job.lanes = lanes;
  strategy.run(job);
  return {run.load().take(), run.idle_outcomes()};
}

class Echo : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    strategy_ = registry_.find(GetParam());
    for (const OpSet& needed : {workloads::echo_server_ops(), workloads::echo_client_ops()}) {
      if (const Support support = can_perform(*strategy_, needed); !support) {
        GTEST_SKIP() << support.reason;
      }
    }
  }

  // The reports of both sides, which must agree.
  Told echo(Listener listener, const EchoClientOptions& options, std::uint64_t messages) {
    EchoServer server(std::move(listener), {.message_bytes = options.message_bytes});
    Told told;
    {
      const Serving serving(*strategy_, server);
      told = ask(*strategy_, endpoint_of(server.listener()), options, messages);
      // A stop could come before the server has counted everything.
      EXPECT_TRUE(eventually([&] { return server.open_connections() == 0; }));
    }
    const measure::ServerTotals totals = server.totals();
    EXPECT_EQ(totals.requests, told.recording.answered);
    EXPECT_EQ(totals.responses, told.recording.answered);
    EXPECT_EQ(totals.response_body_bytes, told.recording.answered * options.message_bytes);
    totals_ = totals;
    return told;
  }

  Registry registry_ = make_registry();
  Strategy* strategy_ = nullptr;
  measure::ServerTotals totals_;
};

INSTANTIATE_TEST_SUITE_P(Strategies, Echo,
                         testing::ValuesIn(strategies_with_own(workloads::echo_client_ops() |
                                                               workloads::echo_server_ops())),
                         [](const auto& name) { return test_name(name.param); });

// The messages are several times as large as the socket buffers of both sides.
TEST_P(Echo, ReturnsMessagesOfManyMebibytesWhole) {
  constexpr std::uint64_t kBytes = 8 << 20;
  for (const bool over_unix : {false, true}) {
    const Told told =
        echo(over_unix ? Listener::on_unix_socket() : Listener::on_loopback(0, 1),
             {.connections = 2, .message_bytes = kBytes, .verify = workloads::Verify::all}, 4);
    EXPECT_EQ(outcomes_of(told.recording), "ok: 4");
  }
}

TEST_P(Echo, ReturnsMessagesOfEverySizeAroundItsBuffers) {
  for (const std::uint64_t bytes : {16u, 17u, 64u, 16'383u, 16'385u, 32'768u, 131'073u}) {
    const Told told =
        echo(Listener::on_unix_socket(),
             {.connections = 3, .message_bytes = bytes, .verify = workloads::Verify::all}, 30);
    EXPECT_EQ(outcomes_of(told.recording), "ok: 30") << bytes;
  }
}

TEST_P(Echo, MakesANewConnectionAfterAsManyMessagesAsAsked) {
  const Told told = echo(Listener::on_loopback(0, 1), {.connections = 2, .churn = 5}, 40);
  EXPECT_EQ(outcomes_of(told.recording), "ok: 40");
  EXPECT_GE(totals_.connections, 8u);
  EXPECT_LE(totals_.connections,
            10u);  // each task may have begun one more after the last of the 40
}

TEST_P(Echo, KeepsIdleConnectionsOpenAndCountsNoMessageOfThem) {
  const Told told =
      echo(Listener::on_loopback(0, 1), {.connections = 2, .message_bytes = 16, .idle = 60}, 40);
  EXPECT_EQ(outcomes_of(told.recording), "ok: 40");
  EXPECT_THAT(told.idle, ElementsAre(Pair("ok", 60)));
  EXPECT_EQ(totals_.connections, 62u);
}

// Answers each connection with what the connection before it sent last.
class MixedUp : public Acceptor {
 public:
  explicit MixedUp(const Listener& listener) : listener_(listener) {}
  int socket(unsigned lane) override { return listener_.socket(lane); }
  std::unique_ptr<Task> accepted(unsigned /*lane*/) override {
    return std::make_unique<Connection>(*this);
  }

 private:
  class Connection : public Task {
   public:
    explicit Connection(MixedUp& server) : server_(server) {}
    Op start(unsigned /*lane*/) override { return op::Receive{}; }
    Op resume(const Completion& ended) override {
      if (ended.error || is_closing_) return op::Finish{};
      if (is_sending_) {
        is_sending_ = false;
        return op::Receive{};
      }
      if (ended.data.empty()) {
        is_closing_ = true;
        return op::Close{};
      }
      is_sending_ = true;
      reply_.assign(ended.data.begin(), ended.data.end());
      const std::lock_guard lock(server_.mutex_);
      reply_.swap(server_.last_);
      if (reply_.empty()) reply_ = server_.last_;
      return op::Send{reply_};
    }

   private:
    MixedUp& server_;
    std::vector<std::byte> reply_;
    bool is_sending_ = false;
    bool is_closing_ = false;
  };

  const Listener& listener_;
  std::mutex mutex_;
  std::vector<std::byte> last_;
};

TEST_P(Echo, SeesAServerThatMixesConnectionsUpWithoutComparingContent) {
  const Listener listener = Listener::on_loopback(0, 1);
  MixedUp server(listener);
  const Serving serving(*strategy_, server);
  const Told told = ask(*strategy_, endpoint_of(listener),
                        {.connections = 4, .verify = workloads::Verify::none}, 20);
  const auto& ended = told.recording.ended[static_cast<std::size_t>(measure::Phase::window)];
  EXPECT_GE(ended[static_cast<std::size_t>(Outcome::content_mismatch)], 15u)
      << outcomes_of(told.recording);
}

TEST(UnixListener, LeavesNothingBehind) {
  std::filesystem::path folder;
  {
    const Listener listener = Listener::on_unix_socket();
    folder = std::filesystem::path(listener.path()).parent_path();
    EXPECT_EQ(std::filesystem::status(folder).permissions(), std::filesystem::perms::owner_all);
  }
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace asyncbench::test
