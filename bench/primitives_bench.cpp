// What one operation of every kind that needs no other process costs under each strategy.
//
// Every benchmark is one job of as many operations as Google Benchmark asks for. "CPU" is the CPU
// time of the whole process, so the work of other threads counts; "Time" is the elapsed time.
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
// More tasks than thread_pool has workers, so that its queue is never empty.
constexpr unsigned kCrowd = 128;
constexpr unsigned kChildren = 10;

// How many of all iterations one of several tasks does.
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

// From one request of a task to its next: thread_per_request makes a fresh thread, loops just go
// on.
void begin(benchmark::State& state, Strategy& strategy) { repeat(state, strategy, op::Begin{}, 1); }

// The same while other tasks wait for their turn: the cost of thread_pool's queue.
void begin_in_crowd(benchmark::State& state, Strategy& strategy) {
  repeat(state, strategy, op::Begin{}, kCrowd);
}

// The time to sleep until has passed when the sleep begins.
void sleep_0(benchmark::State& state, Strategy& strategy) {
  repeat(state, strategy, op::Sleep{Time{}}, 1);
}

class EndedTask final : public Task {
 public:
  Op start(unsigned /*lane*/) override { return op::Finish{}; }
  Op resume(const Completion& /*ended*/) override { return op::Finish{}; }
};

// The children finish as soon as they start, so this is the cost of starting and joining them.
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

// The cheapest operation that always reaches the kernel, in the strategy's own way of submitting
// and completing operations: a read from the page cache that copies one byte.
void submit_complete(benchmark::State& state, Strategy& strategy) {
  repeat_on_file(state, strategy, 1, 1);
}

void read_4k(benchmark::State& state, Strategy& strategy) {
  repeat_on_file(state, strategy, kBlockBytes, 1);
}

// The time is that of one read while 32 are under way.
void read_4k_32_in_flight(benchmark::State& state, Strategy& strategy) {
  repeat_on_file(state, strategy, kBlockBytes, kReadsInFlight);
}

// fdatasync(2) with nothing to write. It may block, so a loop must give it to a thread, its own or
// the kernel's. The CPU time is the cost of handing it over and back; the elapsed time is the
// disk's.
void sync_clean(benchmark::State& state, Strategy& strategy) {
  repeat_on_file(state, strategy, 0, 1);
}

// One byte is handed from one task to another in another thread, over TCP on loopback. Each waits
// in the kernel until the other wakes it. A round is two hand-overs.
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
    over.release();  // a run that failed may have ended before the ping has
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
