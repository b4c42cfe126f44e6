// Many file operations at once, and beside other work.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <span>
#include <string>

#include "checks.hpp"
#include "file_script.hpp"
#include "peer.hpp"
#include "run_job.hpp"
#include "stopper.hpp"
#include "tests/scratch_folder.hpp"

namespace asyncbench::conformance {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBlockBytes = 4096;
constexpr std::size_t kBlocks = 256;

void many_tasks_read_at_once(Strategy& strategy) {
  constexpr std::size_t kTasks = 64;
  const test::ScratchFolder folder;
  const std::string content = pattern(kBlocks * kBlockBytes);
  const std::string path = folder.file("file", content);
  IoMemory memory(kTasks, kBlockBytes);
  Tasks tasks;
  for (std::size_t i = 0; i < kTasks; ++i) {
    tasks.push_back(script([&, i](unsigned) -> Script {
      const int file = index_of(co_await op::Open{path.c_str(), O_RDONLY});
      for (std::size_t block = 0; block < 100; ++block) {
        const std::size_t offset = (i + block * 37) % kBlocks * kBlockBytes;
        const Completion read = co_await op::Read{file, offset, memory.block(i)};
        EXPECT_EQ(read.size, kBlockBytes) << read.error.message();
        EXPECT_TRUE(text_of(memory.block(i)) == content.substr(offset, kBlockBytes));
      }
      co_await op::CloseFile{file};
    }));
  }
  const auto reports = run_job(strategy, std::move(tasks), {.io_memory = memory.all()});
  EXPECT_GE(reports[0].completions, kTasks * 102);
}

// One task opens the file for its lane, all read from it, and the last one closes it.
void tasks_of_a_lane_share_a_file(Strategy& strategy) {
  constexpr unsigned kLanes = 2;
  constexpr std::size_t kTasks = 32;
  struct Shared {
    std::atomic<int> file = -1;
    std::atomic<std::size_t> readers = kTasks / kLanes;
  };
  const test::ScratchFolder folder;
  const std::string content = pattern(kBlocks * kBlockBytes);
  const std::string path = folder.file("file", content);
  IoMemory memory(kTasks, kBlockBytes);
  std::array<Shared, kLanes> lanes;
  Tasks tasks;
  for (std::size_t i = 0; i < kTasks; ++i) {
    tasks.push_back(script([&, i](unsigned lane) -> Script {
      Shared& shared = lanes.at(lane);
      if (i < kLanes) shared.file = index_of(co_await op::Open{path.c_str(), O_RDONLY});
      while (shared.file < 0) co_await op::Sleep{now() + 1ms};
      for (std::size_t block = 0; block < 50; ++block) {
        const std::size_t offset = (i + block * 37) % kBlocks * kBlockBytes;
        const Completion read = co_await op::Read{shared.file, offset, memory.block(i)};
        EXPECT_EQ(read.size, kBlockBytes) << read.error.message();
        EXPECT_TRUE(text_of(memory.block(i)) == content.substr(offset, kBlockBytes));
      }
      if (--shared.readers == 0) co_await op::CloseFile{shared.file};
    }));
  }
  run_job(strategy, std::move(tasks),
          {.threads = kLanes, .lanes = kLanes, .io_memory = memory.all()});
}

// Tasks that repeat one operation until the stop, so that some are with the kernel when it comes.
void stop_ends(Strategy& strategy, Op (*make)(int file, std::span<std::byte> block)) {
  constexpr std::size_t kTasks = 24;
  constexpr std::size_t kLargeBlockBytes = 64 * 1024;
  const test::ScratchFolder folder;
  const std::string path = folder.file("file", pattern(kLargeBlockBytes));
  IoMemory memory(kTasks, kLargeBlockBytes);
  RunOptions options{.io_memory = memory.all()};
  Stopper stopper(options.stop);
  std::atomic<std::size_t> opened_files = 0;
  std::atomic<std::size_t> canceled = 0;
  Tasks tasks;
  for (std::size_t i = 0; i < kTasks; ++i) {
    tasks.push_back(script([&, i](unsigned) -> Script {
      const Completion opened = co_await op::Open{path.c_str(), O_RDWR};
      EXPECT_FALSE(opened.error) << opened.error.message();
      const int file = index_of(opened);
      if (++opened_files == kTasks) stopper.now_waiting();
      Completion ended;
      while (!ended.error) ended = co_await make(file, memory.block(i));
      expect_canceled(ended);
      ++canceled;
      EXPECT_FALSE((co_await op::CloseFile{file}).error);
    }));
  }
  run_job(strategy, std::move(tasks), options);
  EXPECT_EQ(canceled, kTasks);
}

void stop_ends_reads(Strategy& strategy) {
  stop_ends(strategy, [](int file, std::span<std::byte> block) -> Op {
    return op::Read{file, 0, block};
  });
}

void stop_ends_writes(Strategy& strategy) {
  stop_ends(strategy, [](int file, std::span<std::byte> block) -> Op {
    return op::Write{file, 0, block};
  });
}

void stop_ends_syncs(Strategy& strategy) {
  stop_ends(strategy, [](int file, std::span<std::byte>) -> Op { return op::Sync{file}; });
}

// Opening is with the kernel when the stop comes: what it opened all the same must not stay open.
// The footprint tells.
void stop_ends_an_open(Strategy& strategy) {
  constexpr std::size_t kTasks = 24;
  const test::ScratchFolder folder;
  const std::string path = folder.file("file", "content");
  RunOptions options;
  Stopper stopper(options.stop);
  Tasks tasks;
  for (std::size_t i = 0; i < kTasks; ++i) {
    tasks.push_back(script([&, i](unsigned) -> Script {
      if (i == 0) stopper.now_waiting();
      for (;;) {
        const Completion opened = co_await op::Open{path.c_str(), O_RDONLY};
        if (opened.error) {
          expect_canceled(opened);
          break;
        }
        EXPECT_FALSE((co_await op::CloseFile{index_of(opened)}).error);
      }
    }));
  }
  run_job(strategy, std::move(tasks), options);
}

// Reads from the page cache end at once, one after the other, for as long as the other task needs:
// it must have its turns all the same.
void cached_reads_starve_nobody(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string path = folder.file("file", pattern(kBlockBytes));
  IoMemory memory(1, kBlockBytes);
  std::atomic<bool> slept = false;
  Tasks tasks;
  tasks.push_back(script([&](unsigned) -> Script {
    const int file = index_of(co_await op::Open{path.c_str(), O_RDONLY});
    const Time patience = now() + 5s;
    while (!slept && now() < patience) co_await op::Read{file, 0, memory.block(0)};
    EXPECT_TRUE(slept) << "the other task had no turn";
    co_await op::CloseFile{file};
  }));
  tasks.push_back(script([&](unsigned) -> Script {
    for (int i = 0; i < 5; ++i) {
      const Time until = now() + 2ms;
      co_await op::Sleep{until};
      expect_on_time(until, now());
    }
    slept = true;
  }));
  run_job(strategy, std::move(tasks), {.io_memory = memory.all()});
}

void a_long_chain_of_reads_needs_no_stack(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string path = folder.file("file", pattern(kBlockBytes));
  IoMemory memory(1, kBlockBytes);
  run_script(strategy,
             [&](unsigned) -> Script {
               const int file = index_of(co_await op::Open{path.c_str(), O_RDONLY});
               for (int i = 0; i < 100'000; ++i) {
                 const Completion read = co_await op::Read{file, 0, memory.block(0).first(64)};
                 EXPECT_EQ(read.size, 64U) << read.error.message();
                 if (read.error) break;
               }
               co_await op::CloseFile{file};
             },
             {.io_memory = memory.all()});
}

const std::array kChecks{
    Check{"ManyTasksReadAtOnce", OpKind::read, Ending::success, kFileNeeds,
          many_tasks_read_at_once},
    Check{"TasksOfALaneShareAFile", OpKind::close_file, Ending::success, kFileNeeds,
          tasks_of_a_lane_share_a_file},
    Check{"StopEndsReads", OpKind::read, Ending::stop, kFileNeeds, stop_ends_reads},
    Check{"StopEndsWrites", OpKind::write, Ending::stop, kFileNeeds, stop_ends_writes},
    Check{"StopEndsSyncs", OpKind::sync, Ending::stop, kFileNeeds, stop_ends_syncs},
    Check{"StopEndsAnOpen", OpKind::open, Ending::stop, kFileNeeds, stop_ends_an_open},
    Check{"CachedReadsStarveNobody", OpKind::read, Ending::success, kFileNeeds,
          cached_reads_starve_nobody},
    Check{"ALongChainOfReadsNeedsNoStack", OpKind::read, Ending::success, kFileNeeds,
          a_long_chain_of_reads_needs_no_stack},
};

}  // namespace

std::span<const Check> file_load_checks() { return kChecks; }

}  // namespace asyncbench::conformance
