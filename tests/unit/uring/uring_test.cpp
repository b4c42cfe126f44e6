// What is the strategy's own: batches, variants, what only io_uring can cancel. The conformance
// suite covers the rest.
#include "strategies/uring/uring.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/fd.hpp"
#include "file_script.hpp"
#include "peer.hpp"
#include "run_job.hpp"
#include "serving.hpp"
#include "stopper.hpp"
#include "strategies/uring/memory.hpp"
#include "tests/scratch_folder.hpp"

namespace asyncbench {
namespace {

using namespace std::chrono_literals;
using conformance::bytes_of;
using conformance::connect_to;
using conformance::expect_canceled;
using conformance::expect_on_time;
using conformance::index_of;
using conformance::IoMemory;
using conformance::Listener;
using conformance::run_job;
using conformance::run_script;
using conformance::RunOptions;
using conformance::Script;
using conformance::script;
using conformance::Serving;
using conformance::Stopper;
using conformance::Tasks;
using conformance::TestAcceptor;
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

// A pipe whose reading end has a path: a file whose reads end only when the test wants them to.
class SilentFile {
 public:
  SilentFile() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    reading_ = Fd(ends[0]);
    writing_ = Fd(ends[1]);
    path_ = "/proc/self/fd/" + std::to_string(ends[0]);
  }
  const char* path() const { return path_.c_str(); }
  void end() { writing_.reset(); }

 private:
  Fd reading_;
  Fd writing_;
  std::string path_;
};

LaneReport read_with_many_tasks(const std::string& name, std::size_t tasks, int reads) {
  const test::ScratchFolder folder;
  const std::string path = folder.file("file", std::string(kBlockBytes, 'x'));
  IoMemory memory(tasks, kBlockBytes);
  Tasks readers;
  for (std::size_t i = 0; i < tasks; ++i) {
    readers.push_back(script([&, i](unsigned) -> Script {
      const int file = index_of(co_await op::Open{path.c_str(), O_RDONLY});
      for (int read = 0; read < reads; ++read) {
        EXPECT_EQ((co_await op::Read{file, 0, memory.block(i)}).size, kBlockBytes);
      }
      co_await op::CloseFile{file};
    }));
  }
  return run_job(variant(name), std::move(readers), {.io_memory = memory.all()}).front();
}

// At least for a quarter of those in flight at a time; one by one while the files are being opened.
TEST(Uring, EntersTheKernelOnceForSeveralReads) {
  constexpr unsigned kTasks = 32;
  constexpr int kReads = 100;
  const LaneReport report = read_with_many_tasks("uring", kTasks, kReads);
  EXPECT_GE(report.completions, kTasks * kReads);
  EXPECT_LT(report.wakeups, kTasks * kReads / 8 + 2 * kTasks);
}

TEST(Uring, WithoutABatchWaitTheNextReadThatEndsIsEnough) {
  constexpr unsigned kTasks = 32;
  constexpr int kReads = 100;
  const LaneReport batches = read_with_many_tasks("uring", kTasks, kReads);
  const LaneReport single = read_with_many_tasks("uring:no_batch_wait", kTasks, kReads);
  EXPECT_GE(single.completions, kTasks * kReads);
  EXPECT_GE(single.wakeups, batches.wakeups);
}

TEST(Uring, TimersAreOnTimeBesideFilesThatTakeTheirTime) {
  constexpr std::size_t kReaders = 16;
  SilentFile silent;
  IoMemory memory(kReaders, kBlockBytes);
  Tasks tasks;
  for (std::size_t i = 0; i < kReaders; ++i) {
    tasks.push_back(script([&, i](unsigned) -> Script {
      const int file = index_of(co_await op::Open{silent.path(), O_RDONLY});
      EXPECT_EQ((co_await op::Read{file, 0, memory.block(i)}).size, 0U);
      co_await op::CloseFile{file};
    }));
  }
  tasks.push_back(script([&](unsigned) -> Script {
    for (int i = 0; i < 5; ++i) {
      const Time due = now() + 10ms;
      co_await op::Sleep{due};
      expect_on_time(due, now());
    }
    silent.end();
  }));
  run_job(variant("uring"), std::move(tasks), {.io_memory = memory.all()});
}

TEST(Uring, AStopEndsAReadThatNobodyAnswers) {
  const SilentFile silent;
  IoMemory memory(1, kBlockBytes);
  RunOptions options{.io_memory = memory.all()};
  Stopper stopper(options.stop);
  run_script(
      variant("uring"),
      [&](unsigned) -> Script {
        const int file = index_of(co_await op::Open{silent.path(), O_RDONLY});
        stopper.now_waiting();
        expect_canceled(co_await op::Read{file, 0, memory.block(0)});
        EXPECT_FALSE((co_await op::CloseFile{file}).error);
      },
      options);
}

// It blocks in a worker thread of the kernel, which the deadline and the stop must reach.
TEST(Uring, AUnixConnectWaitsForRoomUntilItsDeadlineOrTheStop) {
  for (const char* const name : {"uring", "uring:no_direct_fds", "uring:sqpoll"}) {
    const test::ScratchFolder folder;
    const Listener listener(folder.path() / "socket");
    ASSERT_EQ(::listen(listener.fd(), 0), 0);
    Tasks tasks;
    RunOptions options;
    Stopper stopper(options.stop);
    // The only one for whom there is room.
    tasks.push_back(script([&](unsigned) -> Script {
      EXPECT_FALSE((co_await op::Connect{&listener.endpoint(), now() + 5s}).error);
      expect_canceled(co_await op::Sleep{now() + 1h});
    }));
    tasks.push_back(script([&](unsigned) -> Script {
      co_await op::Sleep{now() + 10ms};
      const Time deadline = now() + 30ms;
      const Completion ended = co_await op::Connect{&listener.endpoint(), deadline};
      EXPECT_EQ(ended.error, std::errc::timed_out) << ended.error.message();
      expect_on_time(deadline, now());
      stopper.now_waiting();
      expect_canceled(co_await op::Connect{&listener.endpoint()});
    }));
    run_job(variant(name), std::move(tasks), options);
  }
}

TEST(Uring, AUnixConnectGoesOnWhenThereIsRoom) {
  const test::ScratchFolder folder;
  const Listener listener(folder.path() / "socket");
  ASSERT_EQ(::listen(listener.fd(), 0), 0);
  Tasks tasks;
  for (int i = 0; i < 3; ++i) {
    tasks.push_back(script([&](unsigned) -> Script {
      const Completion ended = co_await op::Connect{&listener.endpoint(), now() + 5s};
      EXPECT_FALSE(ended.error) << ended.error.message();
      EXPECT_TRUE((co_await op::Receive{now() + 5s}).data.empty());
      co_await op::Close{};
    }));
  }
  std::jthread peer([&] {
    for (int i = 0; i < 3; ++i) listener.accept();
  });
  run_job(variant("uring"), std::move(tasks));
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
  EXPECT_THAT(granted("uring:bundles"), Contains("receive bundles"));
  EXPECT_THAT(granted("uring:min_wait"), Contains("minimum wait"));
  EXPECT_THAT(granted("uring:no_iowait"), Contains("waits beside iowait"));
  EXPECT_EQ(granted("uring:no_fixed_buffers"), without("registered memory"));
}

// Left to itself the kernel's thread may run anywhere, on the CPU of a measurement's other side,
// too.
TEST(Uring, TheKernelThreadKeepsToTheCpusOfItsProcess) {
  const Support support = variant("uring:sqpoll").host_support();
  if (!support) GTEST_SKIP() << support.reason;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
  const auto affinity = [](const std::filesystem::path& task) -> std::optional<cpu_set_t> {
    std::string name;
    std::getline(std::ifstream(task / "comm"), name);
    if (!name.starts_with("iou-sqp-")) return std::nullopt;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    ::sched_getaffinity(std::stoi(task.filename()), sizeof cpus, &cpus);
    return cpus;
  };
  int threads = 0;
  run_script(variant("uring:sqpoll"), [&](unsigned) -> Script {
    co_await op::Sleep{now() + 1ms};
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      const auto cpus = affinity(task.path());
      if (!cpus) continue;
      ++threads;
      EXPECT_EQ(CPU_COUNT(&*cpus), 1);
      cpu_set_t shared;
      CPU_AND(&shared, &*cpus, &allowed);
      EXPECT_EQ(CPU_COUNT(&shared), 1);
    }
  });
  EXPECT_EQ(threads, 1);
}

TEST(Uring, ASingleCpuIsTooFewForAKernelThread) {
  std::jthread([] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<unsigned>(::sched_getcpu()), &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_THAT(variant("uring:sqpoll").host_support().reason, HasSubstr("a CPU of its own"));
    EXPECT_THROW(read_with_many_tasks("uring:sqpoll", 1, 1), StrategyError);
  }).join();
}

// Long sends alone go without copies: from memory that is registered, and from any other.
TEST(Uring, TellsWhichSendsWereCopiedAllTheSame) {
  const std::string known(std::size_t{32} * 1024, 'k');
  const std::string unknown(std::size_t{32} * 1024, 'u');
  TestAcceptor acceptor([&]() -> TestAcceptor::Play {
    return [&](unsigned) -> Script {
      for (const std::string* const reply : {&known, &unknown}) {
        EXPECT_FALSE((co_await op::Send{bytes_of("hello")}).error);
        EXPECT_FALSE((co_await op::Send{bytes_of(*reply)}).error);
      }
      co_await op::Close{};
    };
  });
  acceptor.replies = bytes_of(known);
  Serving serving(variant("uring:zerocopy"), acceptor);
  EXPECT_TRUE(connect_to(acceptor.endpoint()).receive_all() == "hello" + known + "hello" + unknown);
  const LaneReport report = serving.stop().front();
  EXPECT_THAT(report.granted, Contains("registered memory for sends"));
  EXPECT_EQ(report.counters.at("zerocopy_sends_copied"), 2U) << "loopback copies all";
}

// Each task keeps the buffer that it was lent, so that the kernel needs four times as many as it
// had at first.
TEST(Uring, ABurstBeyondTheFirstReceiveBuffersFindsMore) {
  constexpr std::size_t kTasks = std::size_t{4} * uring::kBuffersAtFirst;
  const Listener listener;
  std::jthread peer([&] {
    std::vector<conformance::Peer> peers;
    while (peers.size() < kTasks) peers.push_back(listener.accept());
    for (auto& one : peers) one.send("ping");
    for (auto& one : peers) one.receive_all();
  });
  std::size_t received = 0;
  Tasks tasks;
  for (std::size_t i = 0; i < kTasks; ++i) {
    tasks.push_back(script([&](unsigned) -> Script {
      co_await op::Connect{&listener.endpoint()};
      const Completion ping = co_await op::Receive{};
      EXPECT_FALSE(ping.error);
      ++received;
      while (received < kTasks) co_await op::Sleep{now() + 1ms};
      EXPECT_EQ(conformance::text_of(ping.data), "ping");
      co_await op::Close{};
    }));
  }
  const auto reports = run_job(variant("uring"), std::move(tasks));
  EXPECT_EQ(received, kTasks);
  EXPECT_EQ(reports[0].counters.count("buffer_shortages"), 0U);
}

// Whatever arrives while the task is busy fills many buffers, which one completion may name.
TEST(Uring, BundlesBringTheBytesInOrder) {
  const Listener listener;
  std::string sent;
  for (int i = 0; sent.size() < std::size_t{4} << 20U; ++i) sent += std::to_string(i) + ' ';
  std::jthread peer([&] { listener.accept().send(sent); });
  std::string received;
  run_script(variant("uring:bundles"), [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    while (true) {
      const Completion part = co_await op::Receive{};
      EXPECT_FALSE(part.error);
      if (part.error || part.data.empty()) break;
      received += conformance::text_of(part.data);
      if (received.size() % 7 == 0) co_await op::Sleep{now() + 1ms};
    }
    co_await op::Close{};
  });
  EXPECT_EQ(received.size(), sent.size());
  EXPECT_TRUE(received == sent);
}

}  // namespace
}  // namespace asyncbench
