#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>

#include "checks.hpp"
#include "peer.hpp"
#include "run_job.hpp"
#include "stopper.hpp"

namespace asyncbench::conformance {

namespace {

using namespace std::chrono_literals;

void stop_ends_a_connect(Strategy& strategy) {
  const FullListener full;
  RunOptions options;
  Stopper stopper(options.stop);
  run_script(
      strategy,
      [&](unsigned) -> Script {
        stopper.now_waiting();
        expect_canceled(co_await op::Connect{&full.endpoint()});
        expect_canceled(co_await op::Connect{&full.endpoint()});
      },
      options);
}

void stop_ends_a_receive(Strategy& strategy) {
  const Listener listener;
  RunOptions options;
  Stopper stopper(options.stop);
  run_script(
      strategy,
      [&](unsigned) -> Script {
        co_await op::Connect{&listener.endpoint()};
        stopper.now_waiting();
        expect_canceled(co_await op::Receive{});
        expect_canceled(co_await op::Receive{now() + 1s});
        expect_canceled(co_await op::Send{bytes_of("too late")});
        expect_canceled(co_await op::Begin{});
        EXPECT_FALSE((co_await op::Close{}).error);
        expect_canceled(co_await op::Connect{&listener.endpoint()});
      },
      options);
  EXPECT_EQ(listener.accept().receive_all(), "");
}

void stop_ends_a_send(Strategy& strategy) {
  const std::string sent(16 * 1024 * 1024, 'x');
  const Listener listener(1, 16 * 1024);
  RunOptions options;
  Stopper stopper(options.stop);
  run_script(
      strategy,
      [&](unsigned) -> Script {
        co_await op::Connect{&listener.endpoint()};
        stopper.now_waiting();
        expect_canceled(co_await op::Send{bytes_of(sent)});
        EXPECT_FALSE((co_await op::Close{.reset = true}).error);
      },
      options);
}

void stop_ends_a_sleep_until(Strategy& strategy, Time until) {
  RunOptions options;
  Stopper stopper(options.stop);
  run_script(
      strategy,
      [&](unsigned) -> Script {
        stopper.now_waiting();
        expect_canceled(co_await op::Sleep{until});
        expect_canceled(co_await op::Sleep{until});
      },
      options);
}

void stop_ends_a_sleep(Strategy& strategy) { stop_ends_a_sleep_until(strategy, now() + 1h); }

void stop_ends_a_sleep_without_end(Strategy& strategy) {
  stop_ends_a_sleep_until(strategy, kNever);
}

void stop_before_the_run_cancels_everything(Strategy& strategy) {
  const Listener listener;
  RunOptions options;
  options.stop.request_stop();
  run_script(
      strategy,
      [&](unsigned) -> Script {
        expect_canceled(co_await op::Begin{});
        expect_canceled(co_await op::Connect{&listener.endpoint()});
        expect_canceled(co_await op::Sleep{now() + 1h});
        EXPECT_FALSE((co_await op::Close{}).error);
      },
      options);
}

void close_works_after_a_stop(Strategy& strategy) {
  const Listener listener;
  RunOptions options;
  Stopper stopper(options.stop);
  std::jthread peer([&] {
    Peer connection = listener.accept();
    EXPECT_EQ(connection.receive_all(), "");
  });
  run_script(
      strategy,
      [&](unsigned) -> Script {
        co_await op::Connect{&listener.endpoint()};
        stopper.now_waiting();
        expect_canceled(co_await op::Sleep{now() + 1h});
        const Completion closed = co_await op::Close{};
        EXPECT_FALSE(closed.error) << closed.error.message();
        EXPECT_FALSE((co_await op::Close{}).error) << "without a stream, too";
      },
      options);
}

void stop_ends_many_tasks_whatever_they_do(Strategy& strategy) {
  const Listener listener;
  const FullListener full;
  RunOptions options;
  Stopper stopper(options.stop);
  Tasks tasks;
  for (int i = 0; i < 60; ++i) {
    tasks.push_back(script([&, i](unsigned) -> Script {
      if (i == 59) stopper.now_waiting();
      Completion ended;
      if (i % 3 == 0) ended = co_await op::Connect{&full.endpoint(), now() + 1h};
      if (i % 3 == 1) ended = co_await op::Sleep{now() + 1h};
      if (i % 3 == 2) {
        ended = co_await op::Connect{&listener.endpoint()};
        if (!ended.error) ended = co_await op::Receive{now() + 1h};
      }
      expect_canceled(ended);
    }));
  }
  run_job(strategy, std::move(tasks), options);
}

// A strategy may still be about to begin some of them.
void stop_ends_connects_that_have_just_begun(Strategy& strategy) {
  const FullListener full;
  RunOptions options;
  Tasks tasks;
  constexpr int kTasks = 150;
  for (int i = 0; i < kTasks; ++i) {
    tasks.push_back(script([&, i](unsigned) -> Script {
      if (i == kTasks - 1) options.stop.request_stop();
      expect_canceled(co_await op::Connect{&full.endpoint(), now() + 1h});
    }));
  }
  run_job(strategy, std::move(tasks), options);
}

const std::array kChecks{
    Check{"StopEndsAConnect", OpKind::connect, Ending::stop, kStreamNeeds, stop_ends_a_connect},
    Check{"StopEndsAReceive", OpKind::receive, Ending::stop, kStreamNeeds, stop_ends_a_receive},
    Check{"StopEndsASend", OpKind::send, Ending::stop, kStreamNeeds, stop_ends_a_send},
    Check{"StopEndsASleep", OpKind::sleep, Ending::stop, kStreamNeeds, stop_ends_a_sleep},
    Check{"StopEndsASleepWithoutEnd", OpKind::sleep, Ending::stop, kStreamNeeds,
          stop_ends_a_sleep_without_end},
    Check{"CloseWorksAfterAStop", OpKind::close, Ending::stop, kStreamNeeds,
          close_works_after_a_stop},
    Check{"StopBeforeTheRunCancelsEverything", OpKind::begin, Ending::stop, kStreamNeeds,
          stop_before_the_run_cancels_everything},
    Check{"StopEndsManyTasksWhateverTheyDo", OpKind::finish, Ending::stop, kStreamNeeds,
          stop_ends_many_tasks_whatever_they_do},
    Check{"StopEndsConnectsThatHaveJustBegun", OpKind::connect, Ending::stop, kStreamNeeds,
          stop_ends_connects_that_have_just_begun},
};

}  // namespace

std::span<const Check> stop_checks() { return kChecks; }

}  // namespace asyncbench::conformance
