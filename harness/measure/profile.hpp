// What a profiled trial saw of its subject: the plain values that go into the result.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "measure/readings.hpp"
#include "measure/tail.hpp"

namespace asyncbench::measure {

enum class ProfilerKind : std::uint8_t {
  builtin,  // our own sampler: stacks by frame pointers
  perf,     // `perf record` with DWARF stacks, for code without frame pointers
};

// What a profiled trial measures. Each kind slows the subject in its own way, so each has its own
// trials.
enum class Instruments : std::uint8_t {
  samples,  // where the CPU goes
  calls,    // system calls by name, operations per wake-up
  waits,    // who waits for what, and what makes requests slow
};

// How a trial is profiled.
struct ProfileOptions {
  Instruments instruments = Instruments::samples;
  ProfilerKind profiler = ProfilerKind::builtin;
  std::int64_t frequency_hz =
      999;  // no divisor of timers' frequencies, so that no timer is in step

  bool operator==(const ProfileOptions&) const = default;
};

inline constexpr std::int64_t kMostFrequencyHz = 20'000;

// A function as people know it. Two frames in the same function are equal, wherever they are in it.
struct Function {
  std::string name;    // demangled, without template and call parameters; empty: no symbol found
  std::string module;  // "asyncbench", "libc.so.6", kKernelModule, "[nf_tables]", kThreadModule

  auto operator<=>(const Function&) const = default;
};

inline constexpr const char* kKernelModule = "[kernel]";
// The module of a stack's first frame, which is its thread, under the kernel's name for it.
inline constexpr const char* kThreadModule = "[thread]";
// The module of addresses that are in no module: the walk by frame pointers went wrong.
inline constexpr const char* kNoModule = "[unknown]";

// Call stacks with weights; stacks share the frames at their beginning.
struct CallTree {
  static constexpr std::int64_t kNoParent = -1;

  struct Node {
    std::int64_t parent = kNoParent;  // index of the caller's node, which comes before this one
    std::uint64_t function = 0;       // index
    std::uint64_t weight = 0;         // the weight of the stacks that end here

    bool operator==(const Node&) const = default;
  };

  std::vector<Function> functions;
  std::vector<Node> nodes;

  std::uint64_t weight() const;  // the sum over all stacks
  // The functions from the thread to the node, by index.
  std::vector<std::uint64_t> stack_of(std::size_t node) const;

  bool operator==(const CallTree&) const = default;
};

// Makes a tree from stacks.
class CallTreeBuilder {
 public:
  // `stack` goes from the thread to the leaf and is not empty.
  void add(std::span<const Function> stack, std::uint64_t weight);
  CallTree take() { return std::move(tree_); }

 private:
  CallTree tree_;
  std::map<Function, std::uint64_t> functions_;
  std::map<std::pair<std::int64_t, std::uint64_t>, std::size_t> nodes_;
};

// Where the subject's code used the CPU in the window: samples of all its threads, including those
// of io_uring in the kernel (iou-sqp, iou-wrk).
struct OnCpu {
  std::string event;  // "cpu-clock", "cycles"
  std::int64_t frequency_hz = 0;
  // The CPU time that one sample stands for; empty where the event does not count time.
  std::optional<std::int64_t> period_ns;
  bool kernel = false;     // samples in the kernel were permitted
  std::uint64_t lost = 0;  // samples for which the ring was full, or that were throttled
  // The module that is the program itself; empty for a program of the user's, of which all modules
  // are.
  std::string program;
  CallTree stacks;  // weighted by samples

  bool operator==(const OnCpu&) const = default;
};

// System calls of all the subject's threads, except the harness's own, by name.
struct Calls {
  std::map<std::string, std::uint64_t> in_window;
  std::map<std::string, std::uint64_t> in_job;  // from before its first thread started to its end
  std::uint64_t missed = 0;                     // calls that the kernel could not count

  bool operator==(const Calls&) const = default;
};

// What the subject's threads waited for in the window while they were not on a CPU, without the
// harness's own thread.
struct OffCpu {
  struct Reason {
    std::string name;  // "epoll_wait", "futex" ...
    std::uint64_t count = 0;
    std::int64_t total_ns = 0;  // until the thread became runnable, where that is known

    bool operator==(const Reason&) const = default;
  };
  bool reasons_known = false;     // otherwise they are all "unknown"
  std::vector<Reason> reasons;    // the longest first
  std::uint64_t preemptions = 0;  // how often a thread lost its CPU while it was runnable
  std::int64_t run_queue_ns = 0;  // runnable but not running
  std::uint64_t lost = 0;         // records for which there was no space
  CallTree stacks;                // weighted by ns of waiting

  bool operator==(const OffCpu&) const = default;
};

// Pairs of the least size of a bucket and how often such sizes were seen, ascending; see
// core/batch_sizes.hpp.
using Sizes = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

// One profiled trial. A part that could not be measured is empty, with its reason in `unreadable`.
// A part that was measured may also have a reason, for what it lacks ("on_cpu.kernel").
struct Profile {
  std::optional<OnCpu> on_cpu;
  std::optional<Calls> calls;
  // Requests that ended between the two readings, with any outcome, where the subject issues them.
  // The harness thread that read may have had to wait for its CPU, so this is not quite the window.
  Reading requests;
  Reading migrations;  // of threads to another CPU, in the window of a count trial
  std::optional<OffCpu> off_cpu;
  std::optional<Tail> tail;
  Sizes batches;    // operations that ended between two wake-ups; all lanes, whole trial
  Sizes in_flight;  // requests in flight when each begins, where the subject issues them
  Unreadable unreadable;

  bool operator==(const Profile&) const = default;
};

}  // namespace asyncbench::measure
