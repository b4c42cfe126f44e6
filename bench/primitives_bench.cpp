// What one operation costs under each strategy, of every kind that needs no other process.
//
// Every benchmark is one job of as many operations as Google Benchmark asks for. "CPU" is that of
// the whole process, so that what other threads do counts; "Time" is what passes.
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/fd.hpp"
#include "core/strategy.hpp"
#include "file_repeat_task.hpp"
#include "measured_job.hpp"
#include "ping_pong.hpp"
#include "repeat_task.hpp"
#include "strategies/registry.hpp"
#include "workloads/file_parameters.hpp"
#include "workloads/prepared_file.hpp"

namespace asyncbench {
namespace {

constexpr std::size_t kBlockBytes = 4096;
constexpr std::uint64_t kFileBytes = 1 << 20;
constexpr unsigned kReadsInFlight = 32;
// More than thread_pool has workers, so that its queue is never empty.
constexpr unsigned kCrowd = 128;
constexpr unsigned kChildren = 10;

// What falls to one of several tasks of all iterations.
std::uint64_t share_of(const benchmark::State& state, unsigned task, unsigned tasks) {
  const auto all = static_cast<std::uint64_t>(state.max_iterations);
  return all / tasks + (task < all % tasks ? 1 : 0);
}

void repeat(benchmark::State& state, Strategy& strategy, const Op& wanted, unsigned tasks) {
  while (state.KeepRunningBatch(state.max_iterations)) {
    MeasuredJob measured(state, tasks);
    Job job;
    for (unsigned i = 0; i < tasks; ++i) {
      job.tasks.push_back(
          std::make_unique<RepeatTask>(wanted, share_of(state, i, tasks), measured));
    }
    measured.run(strategy, job);
  }
}

// Between two requests of one task: what thread_per_request's fresh thread costs; loops go on.
void begin(benchmark::State& state, Strategy& strategy) { repeat(state, strategy, op::Begin{}, 1); }

// The same while other tasks wait for their turn: what thread_pool's queue costs.
void begin_in_crowd(benchmark::State& state, Strategy& strategy) {
  repeat(state, strategy, op::Begin{}, kCrowd);
}

// A time that has passed when the sleep begins.
void sleep_0(benchmark::State& state, Strategy& strategy) {
  repeat(state, strategy, op::Sleep{Time{}}, 1);
}

class EndedTask final : public Task {
 public:
  Op start(unsigned /*lane*/) override { return op::Finish{}; }
  Op resume(const Completion& /*ended*/) override { return op::Finish{}; }
};

// Children that finish as soon as they start: starting them, joining them, and nothing else.
void gather_10(benchmark::State& state, Strategy& strategy) {
  std::array<EndedTask, kChildren> children;
  std::array<Task*, kChildren> members;
  for (unsigned i = 0; i < kChildren; ++i) members[i] = &children[i];
  repeat(state, strategy, op::Gather{members}, 1);
}

void repeat_on_file(benchmark::State& state, Strategy& strategy, std::size_t bytes,
                    unsigned tasks) {
  const workloads::FileParameters parameters{.file_bytes = kFileBytes, .block_bytes = kBlockBytes};
  const Fd prepared = workloads::prepare_file(parameters, ".");
  const RepeatedFile file{.path = workloads::path_of(prepared.get()), .bytes = kFileBytes};
  std::vector<std::byte> memory(tasks * bytes);
  while (state.KeepRunningBatch(state.max_iterations)) {
    MeasuredJob measured(state, tasks);
    Job job{.io_memory = memory};
    for (unsigned i = 0; i < tasks; ++i) {
      job.tasks.push_back(std::make_unique<FileRepeatTask>(
          file, std::span(memory).subspan(i * bytes, bytes), share_of(state, i, tasks), measured));
    }
    measured.run(strategy, job);
  }
}

// The cheapest operation that always reaches the kernel, by way of whatever the strategy submits
// and completes operations with: a read from the page cache that copies next to nothing.
void submit_complete(benchmark::State& state, Strategy& strategy) {
  repeat_on_file(state, strategy, 1, 1);
}

void read_4k(benchmark::State& state, Strategy& strategy) {
  repeat_on_file(state, strategy, kBlockBytes, 1);
}

// The time is that of one read, and 32 are under way in it.
void read_4k_32_in_flight(benchmark::State& state, Strategy& strategy) {
  repeat_on_file(state, strategy, kBlockBytes, kReadsInFlight);
}

// fdatasync(2) with nothing to write. It may block, so a loop must give it to a thread, of its own
// or the kernel's: the CPU is what that way costs, there and back; the time is the disk's.
void sync_clean(benchmark::State& state, Strategy& strategy) {
  repeat_on_file(state, strategy, 0, 1);
}

// One hand-over of a byte between two tasks in two threads, over TCP on loopback: each waits in the
// kernel until the other wakes it. A round is two of them.
void wake_up(benchmark::State& state, Strategy& strategy) {
  while (state.KeepRunningBatch(state.max_iterations)) {
    MeasuredJob measured(state);
    PongAcceptor acceptor;
    PingTask::Over over{0};
    std::stop_source stop;
    Job job{.acceptor = &acceptor, .stop = stop.get_token()};
    const auto rounds = (static_cast<std::uint64_t>(state.max_iterations) + 1) / 2;
    // The first task is in lane 0.
    job.tasks.push_back(std::make_unique<PingTask>(acceptor.endpoint(1), rounds, over, measured));
    std::jthread stopper([&] {
      over.acquire();
      stop.request_stop();
    });
    measured.run(strategy, job, PongAcceptor::kLanes);
    over.release();  // a run that failed may have ended before the ping did
  }
}

struct Primitive {
  const char* name;
  OpSet needs;
  void (*measure)(benchmark::State& state, Strategy& strategy);
};

const Primitive kPrimitives[] = {
    {"begin", {OpKind::begin}, begin},
    {"begin_in_crowd", {OpKind::begin}, begin_in_crowd},
    {"sleep_0", {OpKind::sleep}, sleep_0},
    {"gather_10", {OpKind::gather}, gather_10},
    {"submit_complete", {OpKind::open, OpKind::read, OpKind::close_file}, submit_complete},
    {"read_4k", {OpKind::open, OpKind::read, OpKind::close_file}, read_4k},
    {"read_4k_32_in_flight",
     {OpKind::open, OpKind::read, OpKind::close_file},
     read_4k_32_in_flight},
    {"sync_clean", {OpKind::open, OpKind::sync, OpKind::close_file}, sync_clean},
    {"wake_up",
     {OpKind::accept, OpKind::connect, OpKind::receive, OpKind::send, OpKind::close},
     wake_up},
};

void measure(benchmark::State& state, const Primitive& primitive, Strategy& strategy) {
  if (const Support support = can_perform(strategy, primitive.needs); !support) {
    state.SkipWithError(("unsupported: " + support.reason).c_str());
    return;
  }
  try {
    primitive.measure(state, strategy);
  } catch (const std::exception& refused) {
    state.SkipWithError((std::string("failed: ") + refused.what()).c_str());
  }
}

void register_all(const Registry& registry) {
  for (const auto& strategy : registry.all()) {
    for (const Primitive& primitive : kPrimitives) {
      const std::string name = "primitives/" + strategy->info().name + "/" + primitive.name;
      benchmark::RegisterBenchmark(
          name.c_str(), [&primitive, performing = strategy.get()](
                            benchmark::State& state) { measure(state, primitive, *performing); })
          ->MeasureProcessCPUTime()
          ->UseRealTime();
    }
  }
}

}  // namespace
}  // namespace asyncbench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const asyncbench::Registry registry = asyncbench::make_registry();
  asyncbench::register_all(registry);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
