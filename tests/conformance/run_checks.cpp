#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "checks.hpp"
#include "peer.hpp"
#include "run_job.hpp"

namespace asyncbench::conformance {

namespace {

using namespace std::chrono_literals;

// Answers `connections` connections, each with a 4-byte question a round.
void answer(const Listener& listener, int connections, int rounds) {
  std::vector<Peer> peers;
  for (int i = 0; i < connections; ++i) peers.push_back(listener.accept());
  for (int round = 0; round < rounds; ++round) {
    for (Peer& peer : peers) peer.send(peer.receive(4));
  }
}

std::unique_ptr<Task> asking_task(const Listener& listener, int rounds, std::atomic<int>& answers) {
  return script([&listener, rounds, &answers](unsigned) -> Script {
    co_await op::Begin{};
    const Completion connected = co_await op::Connect{&listener.endpoint(), now() + 10s};
    EXPECT_FALSE(connected.error) << connected.error.message();
    for (int round = 0; round < rounds; ++round) {
      if (round > 0) co_await op::Begin{};
      co_await op::Send{bytes_of("ping"), now() + 10s, now() + 10s};
      const Completion reply = co_await op::Receive{now() + 10s};
      EXPECT_EQ(text_of(reply.data), "ping") << reply.error.message();
      ++answers;
    }
    co_await op::Close{};
  });
}

void ask(Strategy& strategy, int tasks_wanted, int rounds, unsigned threads) {
  const Listener listener;
  std::jthread peer([&] { answer(listener, tasks_wanted, rounds); });
  std::atomic<int> answers = 0;
  Tasks tasks;
  for (int i = 0; i < tasks_wanted; ++i) tasks.push_back(asking_task(listener, rounds, answers));
  auto reports = run_job(strategy, std::move(tasks), {.threads = threads});
  EXPECT_EQ(answers, tasks_wanted * rounds);
  // Threads that share a queue share the work as it comes, and say how much of it each had.
  if (strategy.info().one_queue) {
    std::uint64_t begun = 0;
    for (const LaneReport& report : reports) begun += report.counters.at("requests");
    EXPECT_EQ(begun, static_cast<std::uint64_t>(tasks_wanted * rounds));
    for (std::size_t i = 1; i < reports.size(); ++i) {
      reports.front().completions += reports[i].completions;
      reports.front().wakeups += reports[i].wakeups;
    }
    reports.resize(1);
  }
  for (const LaneReport& report : reports) {
    // Connect, Close, and Begin, Send and Receive a round.
    const auto operations = static_cast<unsigned>(tasks_wanted * (3 * rounds + 2));
    EXPECT_GE(report.completions, operations / threads / 2);
    EXPECT_GT(report.wakeups, 0U);
  }
}

// The tasks' own data would be torn if two threads ran one of them at once: a sanitizer sees it.
void a_task_runs_in_one_thread_at_a_time(Strategy& strategy) {
  const Listener listener;
  constexpr int kTasks = 16;
  constexpr int kRounds = 200;
  std::jthread peer([&] { answer(listener, kTasks, kRounds); });
  std::vector<int> plain(kTasks);  // each is one task's
  Tasks tasks;
  for (int& mine : plain) {
    tasks.push_back(script([&listener, &mine](unsigned) -> Script {
      co_await op::Connect{&listener.endpoint(), now() + 10s};
      for (int round = 0; round < kRounds; ++round) {
        co_await op::Begin{};
        co_await op::Send{bytes_of("ping"), now() + 10s, now() + 10s};
        const Completion reply = co_await op::Receive{now() + 10s};
        if (text_of(reply.data) == "ping") ++mine;
      }
      co_await op::Close{};
    }));
  }
  run_job(strategy, std::move(tasks), {.threads = 4, .lanes = 4});
  for (const int mine : plain) EXPECT_EQ(mine, kRounds);
}

void two_hundred_tasks_run_at_once(Strategy& strategy) { ask(strategy, 200, 5, 1); }

void two_loops_share_the_tasks(Strategy& strategy) { ask(strategy, 40, 20, 2); }

void one_object_runs_several_jobs(Strategy& strategy) {
  ask(strategy, 3, 2, 1);
  ask(strategy, 3, 2, 2);
  ask(strategy, 3, 2, 1);
}

void a_job_without_tasks_ends_at_once(Strategy& strategy) {
  const Time began = now();
  run_job(strategy, {});
  expect_on_time(began, now());
}

void tasks_keep_the_lane_of_their_index(Strategy& strategy) {
  constexpr unsigned kLanes = 3;
  std::array<std::atomic<unsigned>, 9> lanes{};
  Tasks tasks;
  for (auto& seen : lanes) {
    seen = kLanes;
    tasks.push_back(script([&seen](unsigned lane) -> Script {
      seen = lane;
      co_await op::Begin{};
    }));
  }
  run_job(strategy, std::move(tasks), {.threads = kLanes, .lanes = kLanes});
  for (unsigned i = 0; i < lanes.size(); ++i) EXPECT_EQ(lanes[i], i % kLanes) << "task " << i;
}

// Operations that end at once must not nest: a strategy that resumes from within runs out of stack.
void a_long_chain_needs_no_stack(Strategy& strategy) {
  run_script(strategy, [](unsigned) -> Script {
    for (int i = 0; i < 200'000; ++i) co_await op::Sleep{Time{}};
  });
}

void an_unsupported_operation_is_answered(Strategy& strategy) {
  if (strategy.info().operations.contains(OpKind::exchange)) GTEST_SKIP() << "speaks Exchange";
  run_script(strategy, [](unsigned) -> Script {
    const Completion ended = co_await op::Exchange{nullptr, nullptr};
    EXPECT_EQ(ended.error, std::errc::operation_not_supported) << ended.error.message();
  });
}

const std::array kChecks{
    Check{"TwoHundredTasksRunAtOnce", OpKind::begin, Ending::success, kStreamNeeds,
          two_hundred_tasks_run_at_once},
    Check{"TwoLoopsShareTheTasks", OpKind::begin, Ending::success, kStreamNeeds,
          two_loops_share_the_tasks},
    Check{"ATaskRunsInOneThreadAtATime", OpKind::begin, Ending::success, kStreamNeeds,
          a_task_runs_in_one_thread_at_a_time},
    Check{"OneObjectRunsSeveralJobs", OpKind::begin, Ending::success, kStreamNeeds,
          one_object_runs_several_jobs},
    Check{"AJobWithoutTasksEndsAtOnce", OpKind::finish, Ending::success, kStreamNeeds,
          a_job_without_tasks_ends_at_once},
    Check{"TasksKeepTheLaneOfTheirIndex", OpKind::begin, Ending::success, kStreamNeeds,
          tasks_keep_the_lane_of_their_index},
    Check{"ALongChainNeedsNoStack", OpKind::sleep, Ending::success, kStreamNeeds,
          a_long_chain_needs_no_stack},
    Check{"AnUnsupportedOperationIsAnswered", OpKind::exchange, Ending::error, kStreamNeeds,
          an_unsupported_operation_is_answered},
};

}  // namespace

std::span<const Check> run_checks() { return kChecks; }

}  // namespace asyncbench::conformance
