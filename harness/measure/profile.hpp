// What a profiled trial saw of its subject: plain values, as they go into the result.
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

// What a profiled trial is for: each slows the subject in a way of its own, so each has trials of
// its own.
enum class Instruments : std::uint8_t {
  samples,  // where the CPU goes
  calls,    // system calls by name, operations per wake-up
  waits,    // who waits for what, and what makes requests slow
};

// How a trial is profiled.
struct ProfileOptions {
  Instruments instruments = Instruments::samples;
  ProfilerKind profiler = ProfilerKind::builtin;
  std::int64_t frequency_hz = 999;  // not a divisor of timers' frequencies: nothing runs in step

  bool operator==(const ProfileOptions&) const = default;
};

inline constexpr std::int64_t kMostFrequencyHz = 20'000;

// Code as a person knows it. Two frames of the same function are equal, wherever in it they are.
struct Function {
  std::string name;  // demangled, without template and call parameters; empty: no symbol covers it
  std::string module;  // "asyncbench", "libc.so.6", kKernelModule, "[nf_tables]", kThreadModule

  auto operator<=>(const Function&) const = default;
};

inline constexpr const char* kKernelModule = "[kernel]";
// Of the first frame of a stack, which is its thread: named after what the kernel calls it.
inline constexpr const char* kThreadModule = "[thread]";
// Of addresses that are in no module: where a walk by frame pointers went astray.
inline constexpr const char* kNoModule = "[unknown]";

// Call stacks with weights; stacks share the frames that they begin with.
struct CallTree {
  static constexpr std::int64_t kNoParent = -1;

  struct Node {
    std::int64_t parent = kNoParent;  // index of the caller's node, which comes before this one
    std::uint64_t function = 0;       // index
    std::uint64_t weight = 0;         // of the stacks that end here

    bool operator==(const Node&) const = default;
  };

  std::vector<Function> functions;
  std::vector<Node> nodes;

  std::uint64_t weight() const;  // of all stacks
  // The functions from the thread to the node, as indices.
  std::vector<std::uint64_t> stack_of(std::size_t node) const;

  bool operator==(const CallTree&) const = default;
};

// Makes a tree from stacks.
class CallTreeBuilder {
 public:
  // From the thread to the leaf. Not empty.
  void add(std::span<const Function> stack, std::uint64_t weight);
  CallTree take() { return std::move(tree_); }

 private:
  CallTree tree_;
  std::map<Function, std::uint64_t> functions_;
  std::map<std::pair<std::int64_t, std::uint64_t>, std::size_t> nodes_;
};

// Where the subject was while it used the CPU, over the window: samples of all its threads, those
// of io_uring in the kernel (iou-sqp, iou-wrk) too.
struct OnCpu {
  std::string event;  // "cpu-clock", "cycles"
  std::int64_t frequency_hz = 0;
  // CPU time that one sample stands for; empty where the event counts something else than time.
  std::optional<std::int64_t> period_ns;
  bool kernel = false;     // samples in the kernel were permitted
  std::uint64_t lost = 0;  // samples that found the ring full, or were throttled away
  std::string program;     // the module that is the program itself
  CallTree stacks;         // weighted by samples

  bool operator==(const OnCpu&) const = default;
};

// System calls of all of the subject's threads but the harness's own, by name.
struct Calls {
  std::map<std::string, std::uint64_t> in_window;
  std::map<std::string, std::uint64_t> in_job;  // from before its first thread started to its end
  std::uint64_t missed = 0;                     // that the kernel could not count

  bool operator==(const Calls&) const = default;
};

// What the subject's threads waited for while they were not on a CPU, over the window; the
// harness's own left out.
struct OffCpu {
  struct Reason {
    std::string name;  // "epoll_wait", "futex" ...
    std::uint64_t count = 0;
    std::int64_t total_ns = 0;  // to when it could have gone on, where that is known

    bool operator==(const Reason&) const = default;
  };
  bool reasons_known = false;     // else they are all "unknown"
  std::vector<Reason> reasons;    // the longest first
  std::uint64_t preemptions = 0;  // times that a thread had to leave, which could have gone on
  std::int64_t run_queue_ns = 0;  // could run, and did not
  std::uint64_t lost = 0;         // records that found no room
  CallTree stacks;                // weighted by ns of waiting

  bool operator==(const OffCpu&) const = default;
};

// Pairs of a least size and how often it was seen, in ascending order: core/batch_sizes.hpp.
using Sizes = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

// One profiled trial. A part that could not be measured is empty, with its reason in `unreadable`;
// a part that is there may have a reason, too, for what it lacks ("on_cpu.kernel").
struct Profile {
  std::optional<OnCpu> on_cpu;
  std::optional<Calls> calls;
  // That ended between the two readings, however, where the subject issues them: the window as
  // timed by a harness thread that had to wait for its CPU.
  Reading requests;
  Reading migrations;  // of threads to another CPU, in the window of a count trial
  std::optional<OffCpu> off_cpu;
  std::optional<Tail> tail;
  Sizes batches;    // operations that ended from one wake-up to the next, of all lanes, whole trial
  Sizes in_flight;  // requests in flight as each begins, where the subject issues them
  Unreadable unreadable;

  bool operator==(const Profile&) const = default;
};

}  // namespace asyncbench::measure
