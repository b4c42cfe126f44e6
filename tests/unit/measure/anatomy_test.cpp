#include "measure/anatomy.hpp"

#include <gmock/gmock.h>

namespace asyncbench::measure {
namespace {

using testing::ElementsAre;

constexpr std::int32_t kLoop = 10;
constexpr std::int32_t kFresh = 11;

Turn turn(std::int64_t from, std::int64_t to, std::uint32_t task, std::int32_t thread = kLoop) {
  return {.start_ns = from, .end_ns = to, .task = task, .thread = thread};
}

LoggedRequest request(std::int64_t begun, std::int64_t ended, std::uint32_t task) {
  return {.record = {.outcome = Outcome::ok, .begun = from_ns(begun), .ended = from_ns(ended)},
          .task = task};
}

std::int64_t of(const RequestAnatomy& anatomy, RequestPhase phase, Activity activity) {
  return anatomy.phases[static_cast<std::size_t>(phase)][static_cast<std::size_t>(activity)];
}

std::int64_t total(const RequestAnatomy& anatomy, Activity activity) {
  RequestGroup group;
  group.add(anatomy);
  return group.sum(activity);
}

TEST(Anatomy, OfARequestOfALoopAddsUpToItsLatency) {
  // Task 0 asks in a turn that ends at 110, and has its answer in a turn that begins at 900.
  // Between them, task 1 runs from 200 to 260; the loop sleeps from 300 to 700, is runnable from
  // 600, and is preempted from 800 to 850.
  OffCpuRecorder::Taken switches;
  switches.spans = {
      {.thread = kLoop, .out_ns = 300, .woken_ns = 600, .in_ns = 700, .stack = 1},
      {.thread = kLoop, .out_ns = 800, .woken_ns = 800, .in_ns = 850, .preempted = true}};
  const TimelineIndex index(
      {.turns = {turn(0, 10, 1), turn(100, 110, 0), turn(200, 260, 1), turn(900, 950, 0)}},
      &switches, {Activity::peer, Activity::storage});
  LoggedRequest asked = request(105, 940, 0);
  asked.sent = from_ns(250);
  asked.record.first_byte = from_ns(910);
  const auto anatomy = index.anatomy(asked);
  ASSERT_TRUE(anatomy);
  EXPECT_EQ(anatomy->latency_ns(), 835);
  EXPECT_EQ(anatomy->thread, kLoop);
  EXPECT_EQ(of(*anatomy, RequestPhase::sending, Activity::own_code), 5);
  EXPECT_EQ(of(*anatomy, RequestPhase::sending, Activity::loop), 90);
  EXPECT_EQ(of(*anatomy, RequestPhase::sending, Activity::other_tasks), 50);
  EXPECT_EQ(of(*anatomy, RequestPhase::answering, Activity::other_tasks), 10);
  EXPECT_EQ(of(*anatomy, RequestPhase::answering, Activity::storage), 300);
  EXPECT_EQ(of(*anatomy, RequestPhase::answering, Activity::run_queue), 150);
  EXPECT_EQ(of(*anatomy, RequestPhase::answering, Activity::loop), 40 + 100 + 50);
  EXPECT_EQ(of(*anatomy, RequestPhase::answering, Activity::own_code), 10);
  EXPECT_EQ(of(*anatomy, RequestPhase::receiving, Activity::own_code), 30);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < kActivities; ++i) sum += total(*anatomy, static_cast<Activity>(i));
  EXPECT_EQ(sum, anatomy->latency_ns());
}

TEST(Anatomy, ATurnThatIsInterruptedCountsWithoutTheInterruption) {
  OffCpuRecorder::Taken switches;
  switches.spans = {
      {.thread = kLoop, .out_ns = 20, .woken_ns = 20, .in_ns = 70, .preempted = true}};
  const TimelineIndex index({.turns = {turn(0, 100, 0)}}, &switches, {});
  const auto anatomy = index.anatomy(request(0, 100, 0));
  ASSERT_TRUE(anatomy);
  EXPECT_EQ(total(*anatomy, Activity::own_code), 50);
  EXPECT_EQ(total(*anatomy, Activity::run_queue), 50);
}

TEST(Anatomy, AFreshThreadIsWaitedForUntilItRuns) {
  OffCpuRecorder::Taken switches;
  switches.first_run_ns = {{kFresh, 80}};
  switches.spans = {{.thread = kFresh, .out_ns = 100, .woken_ns = 180, .in_ns = 190, .stack = 1}};
  const TimelineIndex index({.turns = {turn(0, 10, 0), turn(200, 220, 0, kFresh)}}, &switches,
                            {Activity::peer, Activity::peer});
  const auto anatomy = index.anatomy(request(5, 210, 0));
  ASSERT_TRUE(anatomy);
  EXPECT_EQ(anatomy->thread, kFresh);
  EXPECT_EQ(total(*anatomy, Activity::run_queue), 70 + 10);
  EXPECT_EQ(total(*anatomy, Activity::peer), 80);
  EXPECT_EQ(total(*anatomy, Activity::loop), 20 + 10);
  EXPECT_EQ(total(*anatomy, Activity::own_code), 5 + 10);
}

TEST(Anatomy, FromTheIntendedStartShowsWhatKeptTheLoopFromIt) {
  OffCpuRecorder::Taken switches;
  const TimelineIndex index({.turns = {turn(0, 10, 0), turn(100, 400, 1), turn(400, 420, 0)}},
                            &switches, {});
  LoggedRequest late = request(400, 410, 0);
  late.record.intended = from_ns(50);
  const auto anatomy = index.anatomy(late);
  ASSERT_TRUE(anatomy);
  EXPECT_EQ(of(*anatomy, RequestPhase::queued, Activity::other_tasks), 300);
  EXPECT_EQ(of(*anatomy, RequestPhase::queued, Activity::loop), 50);
  EXPECT_EQ(of(*anatomy, RequestPhase::receiving, Activity::own_code), 10);
}

TEST(Anatomy, WithoutSwitchesWhatIsOutsideOfTasksIsUnknown) {
  const TimelineIndex index({.turns = {turn(0, 10, 0), turn(90, 100, 0)}}, nullptr, {});
  const auto anatomy = index.anatomy(request(0, 100, 0));
  ASSERT_TRUE(anatomy);
  EXPECT_EQ(total(*anatomy, Activity::unknown), 80);
  EXPECT_EQ(total(*anatomy, Activity::own_code), 20);
}

TEST(Anatomy, IsNotMadeUpWhereTurnsAreMissing) {
  const TimelineIndex overwritten(
      {.turns = {turn(100, 110, 0)}, .overwritten = 1, .complete_from_ns = 100}, nullptr, {});
  EXPECT_FALSE(overwritten.anatomy(request(99, 105, 0)));
  EXPECT_TRUE(overwritten.anatomy(request(100, 105, 0)));
  EXPECT_FALSE(overwritten.anatomy(request(100, 120, 0))) << "the turn of its end";
  EXPECT_FALSE(overwritten.anatomy(request(100, 105, 7))) << "a task that is not there";
}

TEST(WaitReasons, AreThoseOfTheStrategiesWaits) {
  const auto name = [](std::vector<std::string> stack) { return wait_reason(stack).name; };
  EXPECT_EQ(name({"schedule", "ep_poll", "do_epoll_wait", "__x64_sys_epoll_wait"}), "epoll_wait");
  EXPECT_EQ(name({"schedule", "io_cqring_wait", "__do_sys_io_uring_enter"}), "io_uring_enter");
  EXPECT_EQ(name({"schedule", "futex_do_wait", "__futex_wait", "do_futex"}), "futex");
  EXPECT_EQ(name({"schedule_timeout", "sk_wait_data", "tcp_recvmsg", "__sys_recvfrom"}), "recv");
  EXPECT_EQ(name({"io_schedule", "folio_wait_bit_common", "filemap_read", "vfs_read"}), "storage");
  EXPECT_EQ(wait_reason(std::vector<std::string>{"futex_wait"}).activity, Activity::threads);
  EXPECT_EQ(name({}), "unknown");
  EXPECT_EQ(name({"schedule", "something_new"}), "other");
}

}  // namespace
}  // namespace asyncbench::measure
