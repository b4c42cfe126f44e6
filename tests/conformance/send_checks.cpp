#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <fstream>
#include <functional>
#include <thread>

#include "checks.hpp"
#include "peer.hpp"
#include "run_job.hpp"

namespace asyncbench::conformance {

namespace {

using namespace std::chrono_literals;

// The most that the kernel can hold of one sender's bytes: the third figure of tcp(7), tcp_wmem.
std::size_t send_buffer_bytes_max() {
  std::ifstream file("/proc/sys/net/ipv4/tcp_wmem");
  std::size_t least = 0;
  std::size_t usual = 0;
  std::size_t most = 0;
  file >> least >> usual >> most;
  return most;
}

constexpr int kSmallReceiveBuffer = 16 * 1024;

// What the kernel has not taken can only be with the reader, in the reader's small buffer, or in
// the sender's, whose size has a limit.
void send_ends_when_the_kernel_has_taken_all(Strategy& strategy) {
  const std::size_t held_max = send_buffer_bytes_max() + 8 * kSmallReceiveBuffer;
  const std::string sent = pattern(8 * 1024 * 1024);
  const Listener listener(1, kSmallReceiveBuffer);
  std::atomic<std::size_t> read = 0;
  std::size_t read_at_end = 0;
  std::string received;
  std::jthread peer([&] {
    Peer connection = listener.accept();
    for (;;) {
      const std::string more = connection.receive(64 * 1024);
      received += more;
      read = received.size();
      if (more.size() < 64 * 1024) return;
    }
  });
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    const Completion ended = co_await op::Send{bytes_of(sent), now() + 15s};
    // The reader counts after it has read: what it holds uncounted is one read at most.
    read_at_end = read + 64 * 1024;
    EXPECT_FALSE(ended.error) << ended.error.message();
    co_await op::Close{};
  });
  peer.join();
  EXPECT_GE(read_at_end + held_max, sent.size()) << "Send ended too early";
  EXPECT_TRUE(received == sent) << received.size() << " bytes";
}

void sends_arrive_in_order(Strategy& strategy) {
  const Listener listener;
  std::string received;
  std::jthread peer([&] { received = listener.accept().receive_all(); });
  const std::string large = pattern(300'000);
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    EXPECT_FALSE((co_await op::Send{bytes_of("head,")}).error);
    EXPECT_FALSE((co_await op::Send{bytes_of(large)}).error);
    EXPECT_FALSE((co_await op::Send{bytes_of(",tail")}).error);
    co_await op::Close{};
  });
  peer.join();
  EXPECT_TRUE(received == "head," + large + ",tail") << received.size() << " bytes";
}

void send_to_a_reset_peer_fails(Strategy& strategy) {
  const Listener listener;
  std::jthread peer([&] {
    Peer connection = listener.accept();
    // The connect is over when the first byte arrives; a reset before might be its error.
    connection.receive(1);
    connection.reset();
  });
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    std::error_code error;
    const Time patience = now() + 5s;
    while (!error && now() < patience) {
      error = (co_await op::Send{bytes_of("anybody there?"), now() + 1s}).error;
    }
    EXPECT_TRUE(error == std::errc::connection_reset || error == std::errc::broken_pipe)
        << error.message();
    co_await op::Close{};
  });
}

void send_deadline_is_never_early(Strategy& strategy) {
  const std::string sent(16 * 1024 * 1024, 'x');
  const Listener listener(8, kSmallReceiveBuffer);
  run_script(strategy, [&](unsigned) -> Script {
    for (const Duration patience : {10ms, 200ms}) {
      co_await op::Connect{&listener.endpoint()};
      const Time deadline = now() + patience;
      const Completion ended = co_await op::Send{bytes_of(sent), deadline};
      expect_on_time(deadline, now());
      EXPECT_EQ(ended.error, std::errc::timed_out) << ended.error.message();
      co_await op::Close{.reset = true};
    }
  });
}

// Whole or not at all late: the bytes that went out are the first of those that were meant, and all
// of them if the send succeeded. The next connection is none the worse for it.
void send_past_its_deadline_sends_all_or_times_out(Strategy& strategy) {
  const std::string small = pattern(700);
  const std::string large = pattern(8 * 1024 * 1024);
  for (const std::string& sent : {std::cref(small), std::cref(large)}) {
    for (const Time deadline : {now() - 1ms, Time{}, Time::min()}) {
      const Listener listener(8, kSmallReceiveBuffer);
      std::string received;
      std::string received_after;
      std::jthread peer([&] {
        received = listener.accept().receive_all();
        received_after = listener.accept().receive_all();
      });
      std::error_code error;
      run_script(strategy, [&](unsigned) -> Script {
        co_await op::Connect{&listener.endpoint()};
        error = (co_await op::Send{bytes_of(sent), deadline}).error;
        co_await op::Close{};
        co_await op::Connect{&listener.endpoint()};
        EXPECT_FALSE((co_await op::Send{bytes_of(small), now() + 5s}).error);
        co_await op::Close{};
      });
      peer.join();
      EXPECT_TRUE(!error || error == std::errc::timed_out) << error.message();
      EXPECT_TRUE(sent.starts_with(received)) << "other bytes than those that were meant";
      if (!error) {
        EXPECT_EQ(received.size(), sent.size());
      }
      EXPECT_EQ(received_after, small);
    }
  }
}

void a_send_that_awaits_a_reply_gets_it(Strategy& strategy) {
  const Listener listener;
  constexpr int kRounds = 100;
  std::jthread peer([&] {
    Peer connection = listener.accept();
    for (int i = 0; i < kRounds; ++i) connection.send(connection.receive(4));
    EXPECT_EQ(connection.receive(4), "last");
    EXPECT_EQ(connection.receive(4), "bye!");
    connection.close();
  });
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    for (int i = 0; i < kRounds; ++i) {
      co_await op::Begin{};
      const Time deadline = now() + 5s;
      const Completion sent = co_await op::Send{bytes_of("ping"), deadline, deadline};
      EXPECT_FALSE(sent.error) << sent.error.message();
      const Completion reply = co_await op::Receive{deadline};
      EXPECT_EQ(text_of(reply.data), "ping") << reply.error.message();
    }
    const Time deadline = now() + 40ms;
    co_await op::Send{bytes_of("last"), deadline, deadline};
    const Completion silence = co_await op::Receive{deadline};
    expect_on_time(deadline, now());
    EXPECT_EQ(silence.error, std::errc::timed_out) << silence.error.message();
    const Time patience = now() + 5s;
    co_await op::Send{bytes_of("bye!"), patience, patience};
    const Completion end = co_await op::Receive{patience};
    EXPECT_FALSE(end.error) << end.error.message();
    EXPECT_TRUE(end.data.empty());
    co_await op::Close{};
  });
}

// Each of the two deadlines may be the earlier one, and ends what it is the deadline of.
void send_and_reply_have_their_own_deadlines(Strategy& strategy) {
  const Listener listener;
  std::jthread peer([&] { EXPECT_EQ(listener.accept().receive_all(), "pingpingping"); });
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    for (const auto& [send_patience, reply_patience] :
         {std::pair<Duration, Duration>{10s, 60ms}, {60ms, 300ms}, {60ms, 60ms}}) {
      const Time begun = now();
      const Time due = begun + reply_patience;
      const Completion sent = co_await op::Send{bytes_of("ping"), begun + send_patience, due};
      EXPECT_FALSE(sent.error) << sent.error.message();
      const Completion silence = co_await op::Receive{due};
      expect_on_time(due, now());
      EXPECT_EQ(silence.error, std::errc::timed_out) << silence.error.message();
    }
    co_await op::Close{};
  });
}

const std::array kChecks{
    Check{"SendEndsWhenTheKernelHasTakenAll", OpKind::send, Ending::partial, kStreamNeeds,
          send_ends_when_the_kernel_has_taken_all},
    Check{"SendsArriveInOrder", OpKind::send, Ending::success, kStreamNeeds, sends_arrive_in_order},
    Check{"SendToAResetPeerFails", OpKind::send, Ending::reset, kStreamNeeds,
          send_to_a_reset_peer_fails},
    Check{"SendDeadlineIsNeverEarly", OpKind::send, Ending::deadline, kStreamNeeds,
          send_deadline_is_never_early},
    Check{"SendPastItsDeadlineSendsAllOrTimesOut", OpKind::send, Ending::deadline, kStreamNeeds,
          send_past_its_deadline_sends_all_or_times_out},
    Check{"ASendThatAwaitsAReplyGetsIt", OpKind::send, Ending::success, kStreamNeeds,
          a_send_that_awaits_a_reply_gets_it},
    Check{"SendAndReplyHaveTheirOwnDeadlines", OpKind::receive, Ending::deadline, kStreamNeeds,
          send_and_reply_have_their_own_deadlines},
};

}  // namespace

std::span<const Check> send_checks() { return kChecks; }

}  // namespace asyncbench::conformance
