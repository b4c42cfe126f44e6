// What is the strategy's own: batches, variants, what only io_uring can cancel. The conformance
// suite covers the rest.
#include "strategies/uring/uring.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

#include "core/fd.hpp"
#include "peer.hpp"
#include "run_job.hpp"

namespace asyncbench {
namespace {

using namespace std::chrono_literals;
using conformance::bytes_of;
using conformance::expect_on_time;
using conformance::Listener;
using conformance::Script;
using conformance::script;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kBlockBytes = 4096;

Strategy& variant(const std::string& name) {
  static const auto ladder = make_uring_ladder();
  const auto found = std::find_if(ladder.begin(), ladder.end(), [&](const auto& strategy) {
    return strategy->info().name == name;
  });
  return **found;
}

// Runs scripts in one lane, over memory of so many blocks.
class Lane {
 public:
  explicit Lane(std::size_t blocks = 1) : memory_(blocks * kBlockBytes) {}

  template <class Make>
  void add(Make make) {
    tasks_.push_back(script(std::move(make)));
  }
  std::span<std::byte> block(std::size_t index) {
    return std::span(memory_).subspan(index * kBlockBytes, kBlockBytes);
  }
  void stop() { stop_.request_stop(); }

  LaneReport run(const std::string& name) {
    LaneReport report;
    Job job;
    job.tasks = std::move(tasks_);
    job.lanes = {&report, 1};
    job.io_memory = memory_;
    job.stop = stop_.get_token();
    variant(name).run(job);
    return report;
  }

 private:
  std::vector<std::byte> memory_;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::stop_source stop_;
};

// A cached file that vanishes with its descriptor; until then it has a path.
class UnnamedFile {
 public:
  UnnamedFile() : fd_(open(testing::TempDir().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) {
    const std::array<std::byte, kBlockBytes> block{};
    EXPECT_EQ(write(fd_.get(), block.data(), block.size()), ssize_t{kBlockBytes});
  }
  const char* path() const { return path_.c_str(); }

 private:
  Fd fd_;
  std::string path_ = "/proc/self/fd/" + std::to_string(fd_.get());
};

LaneReport read_with_many_tasks(const std::string& name, int tasks, int reads) {
  const UnnamedFile file;
  Lane lane(static_cast<std::size_t>(tasks));
  for (int i = 0; i < tasks; ++i) {
    const std::span<std::byte> block = lane.block(static_cast<std::size_t>(i));
    lane.add([&file, block, reads](unsigned) -> Script {
      const Completion opened = co_await op::Open{file.path(), O_RDONLY};
      const int index = static_cast<int>(opened.size);
      for (int read = 0; read < reads; ++read) {
        EXPECT_EQ((co_await op::Read{index, 0, block}).size, kBlockBytes);
      }
      co_await op::CloseFile{index};
    });
  }
  return lane.run(name);
}

// At least a quarter of those in flight at a time; one by one while the files are being opened.
TEST(Uring, EntersTheKernelOnceForSeveralReads) {
  constexpr int kTasks = 32;
  constexpr int kReads = 100;
  const LaneReport report = read_with_many_tasks("uring", kTasks, kReads);
  EXPECT_GE(report.completions, kTasks * kReads);
  EXPECT_LT(report.wakeups, kTasks * kReads / 8 + 2 * kTasks);
}

TEST(Uring, TimersAreOnTimeBesideFilesThatTakeTheirTime) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const Fd readable(ends[0]);
  Fd writable(ends[1]);
  constexpr std::size_t kReaders = 16;
  const std::string path = "/proc/self/fd/" + std::to_string(readable.get());
  Lane lane(kReaders);
  for (std::size_t i = 0; i < kReaders; ++i) {
    lane.add([&, i](unsigned) -> Script {
      const int file = static_cast<int>((co_await op::Open{path.c_str(), O_RDONLY}).size);
      EXPECT_EQ((co_await op::Read{file, 0, lane.block(i)}).size, 0U);
      co_await op::CloseFile{file};
    });
  }
  lane.add([&](unsigned) -> Script {
    for (int i = 0; i < 5; ++i) {
      const Time due = now() + 10ms;
      co_await op::Sleep{due};
      expect_on_time(due, now());
    }
    writable.reset();  // all reads end
  });
  lane.run("uring");
}

TEST(Uring, AStopEndsAReadThatNobodyAnswers) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const Fd readable(ends[0]);
  const Fd writable(ends[1]);
  const std::string path = "/proc/self/fd/" + std::to_string(readable.get());
  Lane lane;
  lane.add([&](unsigned) -> Script {
    const int file = static_cast<int>((co_await op::Open{path.c_str(), O_RDONLY}).size);
    const Completion ended = co_await op::Read{file, 0, lane.block(0)};
    EXPECT_EQ(ended.error, std::errc::operation_canceled) << ended.error.message();
    co_await op::CloseFile{file};
  });
  lane.add([&](unsigned) -> Script {
    co_await op::Sleep{now() + 20ms};
    lane.stop();
  });
  lane.run("uring");
}

TEST(Uring, VariantsAreGrantedTheirStepAndNothingElse) {
  const auto granted = [](const std::string& name) {
    return read_with_many_tasks(name, 1, 1).granted;
  };
  const std::vector<std::string> all = granted("uring");
  const auto without = [&all](const std::string& feature) {
    std::vector<std::string> rest;
    std::copy_if(all.begin(), all.end(), std::back_inserter(rest),
                 [&](const std::string& one) { return one.find(feature) == std::string::npos; });
    EXPECT_LT(rest.size(), all.size()) << "this kernel has no " << feature;
    return rest;
  };
  EXPECT_EQ(granted("uring:oneshot"), without("multishot"));
  EXPECT_EQ(granted("uring:no_direct_fds"), without("direct descriptors"));
  EXPECT_EQ(granted("uring:no_buffer_ring"), without("provided buffer"));
  EXPECT_THAT(granted("uring:sqpoll"), Contains(HasSubstr("SQPOLL")));
  EXPECT_THAT(granted("uring:no_defer_taskrun"), Not(Contains(HasSubstr("DEFER_TASKRUN"))));
  EXPECT_THAT(granted("uring:zerocopy"), Contains("sends without copies"));
  EXPECT_THAT(granted("uring:fixed_buffers"), Contains("registered memory for reads and writes"));
}

TEST(Uring, TellsWhichSendsWereCopiedAllTheSame) {
  const Listener listener;
  std::jthread peer([&] { listener.accept().receive_all(); });
  Lane lane;
  lane.add([&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    for (int i = 0; i < 3; ++i) EXPECT_FALSE((co_await op::Send{bytes_of("hello")}).error);
    co_await op::Close{};
  });
  const LaneReport report = lane.run("uring:zerocopy");
  EXPECT_EQ(report.counters.at("zerocopy_sends_copied"), 3U) << "loopback copies all";
}

// The peer's kernel acknowledges nothing that it has no room for, and lets go of nothing else.
TEST(Uring, ASendWithoutCopiesIsGivenUpAtAStop) {
  const Listener listener(1, 16 * 1024);
  const std::string sent(16 * 1024 * 1024, 'x');
  Lane lane;
  lane.add([&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    const Completion ended = co_await op::Send{bytes_of(sent)};
    EXPECT_EQ(ended.error, std::errc::operation_canceled) << ended.error.message();
    EXPECT_FALSE((co_await op::Close{}).error);
  });
  lane.add([&](unsigned) -> Script {
    co_await op::Sleep{now() + 50ms};
    lane.stop();
  });
  lane.run("uring:zerocopy");
}

}  // namespace
}  // namespace asyncbench
