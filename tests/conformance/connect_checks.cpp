#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "checks.hpp"
#include "peer.hpp"
#include "run_job.hpp"

namespace asyncbench::conformance {

namespace {

using namespace std::chrono_literals;

void connect_reaches_a_listener(Strategy& strategy) {
  const Listener listener;
  run_script(strategy, [&](unsigned) -> Script {
    const Completion ended = co_await op::Connect{&listener.endpoint(), now() + 5s};
    EXPECT_FALSE(ended.error) << ended.error.message();
    co_await op::Close{};
  });
  EXPECT_EQ(listener.accept().receive_all(), "");
}

void connect_to_a_closed_port_is_refused(Strategy& strategy) {
  const Endpoint closed = closed_port();
  const Listener listener;
  run_script(strategy, [&](unsigned) -> Script {
    for (int i = 0; i < 3; ++i) {
      const Completion refused = co_await op::Connect{&closed, now() + 5s};
      EXPECT_EQ(refused.error, std::errc::connection_refused) << refused.error.message();
    }
    const Completion ended = co_await op::Connect{&listener.endpoint()};
    EXPECT_FALSE(ended.error) << "after a refusal: " << ended.error.message();
    co_await op::Close{};
  });
}

void connect_deadline_is_never_early(Strategy& strategy) {
  const FullListener full;
  const Listener listener;
  run_script(strategy, [&](unsigned) -> Script {
    for (const Duration patience : {1ms, 30ms, 120ms}) {
      const Time deadline = now() + patience;
      const Completion ended = co_await op::Connect{&full.endpoint(), deadline};
      expect_on_time(deadline, now());
      EXPECT_EQ(ended.error, std::errc::timed_out) << ended.error.message();
    }
    const Completion ended = co_await op::Connect{&listener.endpoint(), now() + 5s};
    EXPECT_FALSE(ended.error) << "after a timeout: " << ended.error.message();
    co_await op::Close{};
  });
}

void a_closed_stream_can_be_connected_again(Strategy& strategy) {
  const Listener listener;
  std::jthread peer([&] {
    for (int i = 0; i < 5; ++i) {
      Peer connection = listener.accept();
      connection.send("hello");
      EXPECT_EQ(connection.receive_all(), "");
    }
  });
  run_script(strategy, [&](unsigned) -> Script {
    for (int i = 0; i < 5; ++i) {
      Completion ended = co_await op::Connect{&listener.endpoint(), now() + 5s};
      EXPECT_FALSE(ended.error) << ended.error.message();
      ended = co_await op::Receive{now() + 5s};
      EXPECT_FALSE(ended.error) << ended.error.message();
      EXPECT_EQ(text_of(ended.data), "hello");
      co_await op::Close{};
    }
  });
}

void close_with_reset_sends_rst(Strategy& strategy) {
  const Listener listener;
  int error = 0;
  std::jthread peer([&] { error = listener.accept().receive_error(); });
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    co_await op::Close{.reset = true};
  });
  peer.join();
  EXPECT_EQ(error, ECONNRESET);
}

void close_without_a_stream_is_harmless(Strategy& strategy) {
  const Listener listener;
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Close{};
    co_await op::Close{.reset = true};
    const Completion ended = co_await op::Connect{&listener.endpoint()};
    EXPECT_FALSE(ended.error) << "after a Close without a stream: " << ended.error.message();
  });
}

void finish_closes_the_stream(Strategy& strategy) {
  const Listener listener;
  run_script(strategy, [&](unsigned) -> Script {
    const Completion ended = co_await op::Connect{&listener.endpoint()};
    EXPECT_FALSE(ended.error) << ended.error.message();
  });
  EXPECT_EQ(listener.accept().receive_all(), "");
}

const std::array kChecks{
    Check{"ConnectReachesAListener", OpKind::connect, Ending::success, kStreamNeeds,
          connect_reaches_a_listener},
    Check{"ConnectToAClosedPortIsRefused", OpKind::connect, Ending::error, kStreamNeeds,
          connect_to_a_closed_port_is_refused},
    Check{"ConnectDeadlineIsNeverEarly", OpKind::connect, Ending::deadline, kStreamNeeds,
          connect_deadline_is_never_early},
    Check{"AClosedStreamCanBeConnectedAgain", OpKind::close, Ending::success, kStreamNeeds,
          a_closed_stream_can_be_connected_again},
    Check{"CloseWithResetSendsRst", OpKind::close, Ending::reset, kStreamNeeds,
          close_with_reset_sends_rst},
    Check{"CloseWithoutAStreamIsHarmless", OpKind::close, Ending::error, kStreamNeeds,
          close_without_a_stream_is_harmless},
    Check{"FinishClosesTheStream", OpKind::finish, Ending::success, kStreamNeeds,
          finish_closes_the_stream},
};

}  // namespace

std::span<const Check> connect_checks() { return kChecks; }

}  // namespace asyncbench::conformance
