#include "core/run_lanes.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <stdexcept>

namespace asyncbench {
namespace {

// Runs until it is stopped; cannot be moved, as loops usually cannot.
class UntilStopped {
 public:
  UntilStopped() = default;
  UntilStopped(const UntilStopped&) = delete;
  UntilStopped& operator=(const UntilStopped&) = delete;
  void run() { is_stopped_.wait(false); }
  void stop() {
    is_stopped_ = true;
    is_stopped_.notify_all();
  }

 private:
  std::atomic<bool> is_stopped_ = false;
};

TEST(RunLanes, MakesEachLoopInAThreadOfItsOwnTheFirstInTheCallers) {
  struct Loop {
    void run() {}
    void stop() {}
  };
  Job job;
  job.threads = 3;
  std::mutex mutex;
  std::set<std::pair<unsigned, std::thread::id>> made;
  std::set<std::thread::id> threads;
  run_lanes(job, [&](unsigned lane) {
    const std::lock_guard lock(mutex);
    made.emplace(lane, std::this_thread::get_id());
    threads.insert(std::this_thread::get_id());
    return Loop{};
  });
  EXPECT_EQ(made.size(), 3U);
  EXPECT_EQ(threads.size(), 3U);
  EXPECT_EQ(made.begin()->second, std::this_thread::get_id());
}

TEST(RunLanes, StopsEveryLoopWithTheJob) {
  std::stop_source stop;
  Job job;
  job.threads = 2;
  job.stop = stop.get_token();
  std::atomic<int> made = 0;
  std::jthread stopper([&] {
    while (made < 2) std::this_thread::yield();
    stop.request_stop();
  });
  run_lanes(job, [&](unsigned) {
    ++made;
    return UntilStopped();
  });
  EXPECT_EQ(made, 2);
}

TEST(RunLanes, AFailureStopsTheOthersAndIsThrownWhenTheyHaveEnded) {
  Job job;
  job.threads = 3;
  std::atomic<int> ended = 0;
  struct Counted : UntilStopped {
    explicit Counted(std::atomic<int>& of) : ended(of) {}
    ~Counted() { ++ended; }
    std::atomic<int>& ended;
  };
  const auto make = [&](unsigned lane) {
    if (lane == 1) throw std::runtime_error("no ring for lane 1");
    return Counted(ended);
  };
  EXPECT_THROW(run_lanes(job, make), std::runtime_error);
  EXPECT_EQ(ended, 2);
}

// What a thread has used can be read within it alone.
TEST(RunLanes, TellsTheEndOfEachThreadWithinIt) {
  struct Loop {
    void run() {}
    void stop() {}
  };
  std::mutex mutex;
  std::set<std::thread::id> made;
  std::set<std::thread::id> ended;
  Job job;
  job.threads = 3;
  job.loop_thread_ends = [&] {
    const std::lock_guard lock(mutex);
    ended.insert(std::this_thread::get_id());
  };
  run_lanes(job, [&](unsigned) {
    const std::lock_guard lock(mutex);
    made.insert(std::this_thread::get_id());
    return Loop{};
  });
  EXPECT_EQ(ended, made);
  EXPECT_EQ(ended.size(), 3U);

  ended.clear();
  const auto fail = [](unsigned lane) -> UntilStopped {
    if (lane == 1) throw std::runtime_error("no ring for lane 1");
    return UntilStopped();
  };
  EXPECT_THROW(run_lanes(job, fail), std::runtime_error);
  EXPECT_EQ(ended.size(), 3U) << "a thread that failed has used something, too";
}

}  // namespace
}  // namespace asyncbench
