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

namespace asyncbench::measure {

enum class ProfilerKind : std::uint8_t {
  builtin,  // our own sampler: stacks by frame pointers
  perf,     // `perf record` with DWARF stacks, for code without frame pointers
};

// How a trial is profiled.
struct ProfileOptions {
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

// One profiled trial. A part that could not be measured is empty, with its reason in `unreadable`;
// a part that is there may have a reason, too, for what it lacks ("on_cpu.kernel").
struct Profile {
  std::optional<OnCpu> on_cpu;
  Unreadable unreadable;

  bool operator==(const Profile&) const = default;
};

}  // namespace asyncbench::measure
