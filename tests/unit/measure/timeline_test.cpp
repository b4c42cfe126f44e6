#include "measure/timeline.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <thread>

#include "measure/request_log.hpp"

namespace asyncbench::measure {
namespace {

using namespace std::chrono_literals;

// Begins, sends, receives, and then finishes; at each turn it notes what the timeline says about
// it.
class AskingTask final : public Task {
 public:
  explicit AskingTask(std::vector<Timeline::Current>& seen) : seen_(seen) {}
  Op start(unsigned) override { return next(op::Begin{}); }
  Op resume(const Completion&) override {
    switch (turns_) {
      case 1:
        return next(op::Send{});
      case 2:
        return next(op::Receive{});
      default:
        return next(op::Finish{});
    }
  }

 private:
  Op next(Op wanted) {
    ++turns_;
    seen_.push_back(Timeline::current());
    return wanted;
  }
  std::vector<Timeline::Current>& seen_;
  int turns_ = 0;
};

// Runs the task as a strategy would.
void drive(Task& task, unsigned lane) {
  Op next = task.start(lane);
  while (kind_of(next) != OpKind::finish) next = task.resume({});
}

TEST(Timeline, KeepsEachTurnWithWhatTheTaskWantedNext) {
  std::vector<Timeline::Current> seen;
  Job job;
  for (int i = 0; i < 2; ++i) job.tasks.push_back(std::make_unique<AskingTask>(seen));
  Timeline timeline(2, 16);
  timeline.wrap(job);
  timeline.start();
  const std::int64_t began = to_ns(now());
  drive(*job.tasks[0], 0);
  std::thread([&] { drive(*job.tasks[1], 1); }).join();
  timeline.stop();
  drive(*job.tasks[0], 0);

  const std::vector<Turn> turns = timeline.take().turns;
  ASSERT_EQ(turns.size(), 8U);
  for (std::size_t i = 0; i < turns.size(); ++i) {
    EXPECT_EQ(turns[i].task, i / 4);
    EXPECT_GE(turns[i].start_ns, i == 0 ? began : turns[i - 1].end_ns);
    EXPECT_GE(turns[i].end_ns, turns[i].start_ns);
    constexpr OpKind kWanted[] = {OpKind::begin, OpKind::send, OpKind::receive, OpKind::finish};
    EXPECT_EQ(turns[i].wanted, kWanted[i % 4]);
  }
  EXPECT_EQ(turns[0].thread, ::gettid());
  EXPECT_NE(turns[4].thread, ::gettid());
}

TEST(Timeline, KnowsWhoseTurnItIsAndWhenItsSendHadEnded) {
  std::vector<Timeline::Current> seen;
  Job job;
  for (int i = 0; i < 2; ++i) job.tasks.push_back(std::make_unique<AskingTask>(seen));
  Timeline timeline(1, 16);
  timeline.wrap(job);
  drive(*job.tasks[1], 0);
  ASSERT_EQ(seen.size(), 4U);
  for (const auto& current : seen) EXPECT_EQ(current.task, 1U);
  EXPECT_EQ(seen[1].sent, kNever);
  EXPECT_NE(seen[2].sent, kNever);
  EXPECT_EQ(seen[3].sent, seen[2].sent);
  EXPECT_EQ(Timeline::current().task, Timeline::kNoTask);
}

TEST(Timeline, KeepsTheNewestAndCountsTheRest) {
  std::vector<Timeline::Current> seen;
  Job job;
  for (int i = 0; i < 5; ++i) job.tasks.push_back(std::make_unique<AskingTask>(seen));
  Timeline timeline(1, 8);
  timeline.wrap(job);
  timeline.start();
  for (const auto& task : job.tasks) drive(*task, 0);
  const Timeline::Taken taken = timeline.take();
  ASSERT_EQ(taken.turns.size(), 8U);
  EXPECT_EQ(taken.turns.front().task, 3U);
  EXPECT_EQ(taken.overwritten, 12U);
  EXPECT_EQ(taken.complete_from_ns, taken.turns.front().start_ns);
}

RequestRecord request(Time begun, Duration took) {
  return {.outcome = Outcome::ok, .begun = begun, .ended = begun + took};
}

TEST(RequestLog, KeepsTheSlowestAndAFairSampleOfTheWindow) {
  RequestLog log(3, 100, 7);
  log.window().start_ns = 1000;
  log.window().end_ns = 10'000'000;
  constexpr int kRequests = 10'000;
  for (int i = 0; i < kRequests; ++i) {
    const Time at = from_ns(1000 + 100 * i);
    log.begun(at);
    log.ended(request(at, Duration(i == 17 ? 900'000 : i % 997)));
  }
  log.ended(request(from_ns(1), 5s));  // began before the window
  RequestRecord failed = request(from_ns(2000), 1ms);
  failed.outcome = Outcome::reset;
  log.ended(failed);

  EXPECT_EQ(log.seen(), kRequests);
  const auto slowest = log.slowest();
  ASSERT_EQ(slowest.size(), 3U);
  EXPECT_EQ(slowest[0].latency_ns(), 900'000);
  EXPECT_EQ(slowest[1].latency_ns(), 996);
  ASSERT_EQ(log.sample().size(), 100U);
  int of_the_first_half = 0;
  for (const LoggedRequest& kept : log.sample()) {
    of_the_first_half += to_ns(kept.record.begun) < 1000 + 100 * kRequests / 2;
  }
  EXPECT_NEAR(of_the_first_half, 50, 20);  // four standard deviations
  EXPECT_EQ(log.in_flight().counts()[1], kRequests);
}

TEST(RequestLog, CountsLatencyFromTheIntendedStart) {
  LoggedRequest logged{.record = request(from_ns(100), 50ns)};
  EXPECT_EQ(logged.latency_ns(), 50);
  logged.record.intended = from_ns(60);
  EXPECT_EQ(logged.latency_ns(), 90);
}

TEST(BatchSizes, AreExactUpToSixtyFourAndToAnEighthBeyond) {
  BatchSizes sizes;
  for (const std::uint64_t size : {0U, 1U, 1U, 63U, 64U, 71U, 72U, 127U, 191U, 192U}) {
    sizes.add(size);
  }
  EXPECT_EQ(sizes.total(), 10U);
  using Rows = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  EXPECT_EQ(sizes.rows(),
            (Rows{{0, 1}, {1, 2}, {63, 1}, {64, 2}, {72, 1}, {120, 1}, {176, 1}, {192, 1}}));
  EXPECT_EQ(sizes.quantile(0.5), 64U);
  EXPECT_EQ(sizes.quantile(1), 192U);
  EXPECT_EQ(BatchSizes{}.quantile(0.5), 0U);
  for (std::size_t bucket = 0; bucket < BatchSizes::kBuckets; ++bucket) {
    EXPECT_EQ(BatchSizes::bucket_of(BatchSizes::lowest_of(bucket)), bucket);
  }
  EXPECT_EQ(BatchSizes::bucket_of(UINT64_MAX), BatchSizes::kBuckets - 1);
}

TEST(BatchSizes, OfALaneAreWhatEndedFromOneWakeUpToTheNext) {
  LaneReport lane;
  lane.completions = 7;  // before the first wake-up
  lane.woke();
  lane.completions += 3;
  lane.woke();
  lane.woke();
  EXPECT_EQ(lane.wakeups, 3U);
  EXPECT_EQ(lane.batches.total(), 2U);
  EXPECT_EQ(lane.batches.counts()[3], 1U);
  EXPECT_EQ(lane.batches.counts()[0], 1U);
}

TEST(BatchSizes, OfATaskWithAThreadAreTheSame) {
  TaskBatches task;
  task.woke(1, 7);
  task.woke(0, 8);   // an operation that did not wait
  task.woke(2, 10);  // two returns for one operation: the first brought what had ended before
  task.woke(1, 19);
  BatchSizes sizes;
  task.add_to(sizes);
  EXPECT_EQ(sizes.total(), 3U);
  EXPECT_EQ(sizes.counts()[3], 1U);
  EXPECT_EQ(sizes.counts()[0], 1U);
  EXPECT_EQ(sizes.counts()[9], 1U);
}

}  // namespace
}  // namespace asyncbench::measure
