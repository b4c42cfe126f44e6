#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "checks.hpp"
#include "peer.hpp"
#include "run_job.hpp"

namespace asyncbench::conformance {

namespace {

using namespace std::chrono_literals;

// A peer that waits for the word cannot disturb the connect.
Peer accept_and_wait_for_go(const Listener& listener) {
  Peer connection = listener.accept();
  EXPECT_EQ(connection.receive(2), "go");
  return connection;
}

// Connects and says "go", then receives until the end of the stream or an error, which it returns.
std::error_code receive_into(Strategy& strategy, const Listener& listener, std::string& received) {
  std::error_code error;
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    co_await op::Send{bytes_of("go")};
    for (;;) {
      const Completion ended = co_await op::Receive{now() + 10s};
      error = ended.error;
      if (ended.error || ended.data.empty()) break;
      EXPECT_LE(ended.data.size(), kReceiveBytes);
      received += text_of(ended.data);
    }
    co_await op::Close{};
  });
  return error;
}

void receive_brings_a_dribble_whole(Strategy& strategy) {
  const Listener listener;
  const std::string sent = pattern(500);
  std::jthread peer([&] {
    Peer connection = accept_and_wait_for_go(listener);
    for (const char byte : sent) {
      connection.send({&byte, 1});
      std::this_thread::yield();
    }
  });
  std::string received;
  EXPECT_FALSE(receive_into(strategy, listener, received));
  EXPECT_EQ(received, sent);
}

void receive_brings_a_large_stream_whole(Strategy& strategy) {
  const Listener listener;
  const std::string sent = pattern(6 * 1024 * 1024 + 1);
  std::jthread peer([&] { accept_and_wait_for_go(listener).send(sent); });
  std::string received;
  EXPECT_FALSE(receive_into(strategy, listener, received));
  EXPECT_TRUE(received == sent) << received.size() << " bytes";
}

void receive_tells_the_end_of_the_stream(Strategy& strategy) {
  const Listener listener;
  std::jthread peer([&] { accept_and_wait_for_go(listener).close(); });
  std::string received;
  EXPECT_FALSE(receive_into(strategy, listener, received));
  EXPECT_EQ(received, "");
}

void receive_tells_a_reset(Strategy& strategy) {
  const Listener listener;
  std::jthread peer([&] { accept_and_wait_for_go(listener).reset(); });
  std::string received;
  EXPECT_EQ(receive_into(strategy, listener, received), std::errc::connection_reset);
}

void receive_delivers_what_came_before_a_reset(Strategy& strategy) {
  const Listener listener;
  std::jthread peer([&] {
    Peer connection = listener.accept();
    connection.send("last words");
    // The task has them in hand before the reset, which would discard what is unread.
    connection.receive(1);
    connection.reset();
  });
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    Completion ended = co_await op::Receive{now() + 5s};
    EXPECT_EQ(text_of(ended.data), "last words");
    co_await op::Send{bytes_of("x"), now() + 5s};
    ended = co_await op::Receive{now() + 5s};
    EXPECT_EQ(ended.error, std::errc::connection_reset) << ended.error.message();
    co_await op::Close{};
  });
}

// The peer floods the connection while the task holds on to the first bytes: a strategy that reuses
// a buffer too early overwrites them.
void data_stays_valid_across_begin_and_send(Strategy& strategy) {
  const Listener listener;
  constexpr int kEchoes = 20;
  const std::string first = pattern(1000);
  const std::string flood(256 * 1024, 'x');
  std::jthread peer([&] {
    Peer connection = listener.accept();
    connection.send(first);
    for (int i = 0; i < kEchoes; ++i) {
      EXPECT_TRUE(connection.receive(first.size()) == first) << "echo " << i;
      if (i == 2) connection.send(flood);
    }
    connection.close();
  });
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    const Completion held = co_await op::Receive{now() + 5s};
    EXPECT_EQ(text_of(held.data), first);
    for (int i = 0; i < kEchoes; ++i) {
      co_await op::Begin{};
      co_await op::Send{held.data, now() + 5s};
    }
    EXPECT_EQ(text_of(held.data), first);
    std::string received;
    for (;;) {
      const Completion ended = co_await op::Receive{now() + 5s};
      if (ended.error || ended.data.empty()) break;
      received += text_of(ended.data);
    }
    EXPECT_TRUE(received == flood) << received.size() << " bytes";
    co_await op::Close{};
  });
}

void receive_deadline_is_never_early(Strategy& strategy) {
  const Listener listener;
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    for (const Duration patience : {1ms, 7ms, 60ms, 300ms, 20ms, 100ms}) {
      const Time deadline = now() + patience;
      const Completion ended = co_await op::Receive{deadline};
      expect_on_time(deadline, now());
      EXPECT_EQ(ended.error, std::errc::timed_out) << ended.error.message();
    }
    co_await op::Close{};
  });
}

void receive_past_its_deadline_takes_what_is_there(Strategy& strategy) {
  const Listener listener;
  std::jthread peer([&] {
    Peer connection = listener.accept();
    EXPECT_EQ(connection.receive(2), "go");
    connection.send("there");
    connection.receive_all();
  });
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    for (int i = 0; i < 3; ++i) {
      const Completion nothing = co_await op::Receive{now() - 1ms};
      EXPECT_EQ(nothing.error, std::errc::timed_out) << nothing.error.message();
    }
    co_await op::Send{bytes_of("go")};
    std::string received;
    const Time patience = now() + 5s;
    while (received.size() < 5 && now() < patience) {
      const Completion ended = co_await op::Receive{now() - 1ms};
      if (!ended.error) received += text_of(ended.data);
      co_await op::Sleep{now() + 1ms};
    }
    EXPECT_EQ(received, "there");
    co_await op::Close{};
  });
}

// Times long past, the least of all among them, are past as any other: arithmetic on them wraps.
void receive_long_past_its_deadline_takes_what_is_there(Strategy& strategy) {
  for (const Time deadline : {Time{}, Time::min(), Time::min() + 1ns}) {
    const Listener listener;
    const std::string sent = pattern(500);
    std::jthread peer([&] {
      Peer connection = accept_and_wait_for_go(listener);
      connection.send(sent);
      connection.receive_all();
    });
    run_script(strategy, [&](unsigned) -> Script {
      co_await op::Connect{&listener.endpoint()};
      const Time begun = now();
      const Completion nothing = co_await op::Receive{deadline};
      EXPECT_EQ(nothing.error, std::errc::timed_out) << nothing.error.message();
      EXPECT_LE((now() - begun).count(), kLateness.count()) << "ns: it waited";
      co_await op::Send{bytes_of("go")};
      std::string received;
      const Time patience = now() + 5s;
      while (received.size() < sent.size() && now() < patience) {
        const Completion ended = co_await op::Receive{deadline};
        if (!ended.error) received += text_of(ended.data);
        co_await op::Sleep{now() + 1ms};
      }
      EXPECT_EQ(received, sent);
      co_await op::Close{};
    });
  }
}

void receive_after_a_timeout_loses_no_byte(Strategy& strategy) {
  const Listener listener;
  const std::string sent = pattern(100);
  std::jthread peer([&] {
    Peer connection = listener.accept();
    for (const char byte : sent) {
      connection.send({&byte, 1});
      std::this_thread::sleep_for(2ms);
    }
  });
  std::string received;
  int timeouts = 0;
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    for (;;) {
      const Completion ended = co_await op::Receive{now() + 1ms};
      if (ended.error == std::errc::timed_out) {
        ++timeouts;
        continue;
      }
      EXPECT_FALSE(ended.error) << ended.error.message();
      if (ended.error || ended.data.empty()) break;
      received += text_of(ended.data);
    }
    co_await op::Close{};
  });
  EXPECT_EQ(received, sent);
  EXPECT_GT(timeouts, 0);
}

// A far deadline after a near one and the reverse: whatever timer a strategy keeps must follow.
void each_receive_has_its_own_deadline(Strategy& strategy) {
  const Listener listener;
  std::jthread peer([&] {
    Peer connection = listener.accept();
    for (int i = 0; i < 4; ++i) {
      if (connection.receive(1).empty()) return;
      std::this_thread::sleep_for(120ms);
      connection.send("y");
    }
    connection.receive_all();
  });
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    for (const Time far : {kNever, now() + 60s, now() + 2s, kNever}) {
      const Time near = now() + 20ms;
      const Completion silence = co_await op::Receive{near};
      expect_on_time(near, now());
      EXPECT_EQ(silence.error, std::errc::timed_out);
      co_await op::Send{bytes_of("x"), far};
      const Completion reply = co_await op::Receive{far};
      EXPECT_EQ(text_of(reply.data), "y") << reply.error.message();
    }
    co_await op::Close{};
  });
}

const std::array kChecks{
    Check{"ReceiveBringsADribbleWhole", OpKind::receive, Ending::partial, kStreamNeeds,
          receive_brings_a_dribble_whole},
    Check{"ReceiveBringsALargeStreamWhole", OpKind::receive, Ending::success, kStreamNeeds,
          receive_brings_a_large_stream_whole},
    Check{"ReceiveTellsTheEndOfTheStream", OpKind::receive, Ending::end, kStreamNeeds,
          receive_tells_the_end_of_the_stream},
    Check{"ReceiveTellsAReset", OpKind::receive, Ending::reset, kStreamNeeds,
          receive_tells_a_reset},
    Check{"ReceiveDeliversWhatCameBeforeAReset", OpKind::receive, Ending::reset, kStreamNeeds,
          receive_delivers_what_came_before_a_reset},
    Check{"DataStaysValidAcrossBeginAndSend", OpKind::receive, Ending::success, kStreamNeeds,
          data_stays_valid_across_begin_and_send},
    Check{"ReceiveDeadlineIsNeverEarly", OpKind::receive, Ending::deadline, kStreamNeeds,
          receive_deadline_is_never_early},
    Check{"ReceivePastItsDeadlineTakesWhatIsThere", OpKind::receive, Ending::deadline, kStreamNeeds,
          receive_past_its_deadline_takes_what_is_there},
    Check{"ReceiveLongPastItsDeadlineTakesWhatIsThere", OpKind::receive, Ending::deadline,
          kStreamNeeds, receive_long_past_its_deadline_takes_what_is_there},
    Check{"ReceiveAfterATimeoutLosesNoByte", OpKind::receive, Ending::deadline, kStreamNeeds,
          receive_after_a_timeout_loses_no_byte},
    Check{"EachReceiveHasItsOwnDeadline", OpKind::receive, Ending::deadline, kStreamNeeds,
          each_receive_has_its_own_deadline},
};

}  // namespace

std::span<const Check> receive_checks() { return kChecks; }

}  // namespace asyncbench::conformance
