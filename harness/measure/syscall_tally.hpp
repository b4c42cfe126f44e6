// Counts the system calls of this process's threads by name, exactly, where the kernel permits.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/fd.hpp"

namespace asyncbench::measure {

// Name -> calls; none that were not made.
using SyscallCounts = std::map<std::string, std::uint64_t>;

// after - before.
SyscallCounts difference(const SyscallCounts& before, const SyscallCounts& after);

// A BPF program on the tracepoint sys_enter (bpf(2)) that adds one in an array shared with this
// process: nothing is sampled, queued or copied, so nothing is lost, and reading makes no call.
// Counted are all threads of the process but the first, which in a participant is the harness's
// own. What a call counts as is the kernel's entry: one io_uring_enter is one, whatever it submits,
// and a call that the kernel restarts after a signal is counted again, as strace(1) does.
//
// It slows every system call on the machine for as long as it lives.
class SyscallTally {
 public:
  // Counts from here on; among the first is a thread that tries it. Check available().
  SyscallTally();
  ~SyscallTally();
  SyscallTally(const SyscallTally&) = delete;
  SyscallTally& operator=(const SyscallTally&) = delete;

  bool available() const { return static_cast<bool>(link_); }

  // Why it is not available, with the remedy, in one line; empty when it is.
  const std::string& reason() const { return reason_; }

  // Calls so far, those under way included; empty when not available.
  SyscallCounts read() const;

  // Calls that the kernel did not count, because the program interrupted itself: 0, or the counts
  // are not exact.
  std::uint64_t missed() const;

 private:
  // One a number; greater ones share the last.
  static constexpr unsigned kNumbers = 1024;

  void load();
  bool counts_this_process() const;
  std::uint64_t count_of(unsigned number) const;

  Fd map_;
  Fd program_;
  Fd link_;
  std::uint64_t* counts_ = nullptr;  // the map, shared with the kernel
  std::string reason_;
};

}  // namespace asyncbench::measure
