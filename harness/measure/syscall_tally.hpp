// Counts the system calls of this process's threads by name, exactly, where the kernel permits.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/fd.hpp"

namespace asyncbench::measure {

// Name -> calls, for calls that were made at least once.
using SyscallCounts = std::map<std::string, std::uint64_t>;

// after - before.
SyscallCounts difference(const SyscallCounts& before, const SyscallCounts& after);

// A BPF program on the tracepoint sys_enter (bpf(2)) adds one in an array that it shares with this
// process. Nothing is sampled, queued or copied, so nothing is lost, and to read makes no call. It
// counts all threads of the process except the first, which in a participant is the harness's own.
// It counts entries into the kernel: one io_uring_enter is one, whatever it submits, and a call
// that the kernel restarts after a signal is counted again, as strace(1) does.
//
// It slows every system call on the machine for as long as it lives.
class SyscallTally {
 public:
  // Counting begins here; among the first counts are those of a thread that tests it. Check
  // available().
  SyscallTally();
  ~SyscallTally();
  SyscallTally(const SyscallTally&) = delete;
  SyscallTally& operator=(const SyscallTally&) = delete;

  bool available() const { return static_cast<bool>(link_); }

  // Why it is not available, with the remedy, in one line; empty when it is.
  const std::string& reason() const { return reason_; }

  // The calls so far, including those under way; empty when not available.
  SyscallCounts read() const;

  // How many calls the kernel did not count, because the program interrupted itself. Unless it is
  // 0, the counts are not exact.
  std::uint64_t missed() const;

 private:
  // One count for each number; numbers beyond share the last.
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
