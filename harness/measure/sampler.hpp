// Samples the call stacks of this process while it uses the CPU.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "measure/perf_ring.hpp"
#include "measure/profile.hpp"

namespace asyncbench::measure {

// A perf event (perf_event_open(2)) on every CPU, inherited by all threads that are started after
// the construction, the kernel's own of io_uring among them (create_io_thread() copies the events
// as fork does): hardware cycles where the machine offers them, else cpu-clock, a timer that runs
// while a thread does. Without interrupts that cannot be masked the time of a section with
// interrupts off is found at its end. Where the kernel may not be looked into (perf_event_paranoid
// 2 and no CAP_PERFMON), user stacks alone.
class Sampler {
 public:
  // Opens the events, disabled.
  explicit Sampler(std::int64_t frequency_hz);

  bool available() const { return !rings_.empty(); }

  // Readable when a ring is half full: drain() then loses nothing; -1 when not available.
  int descriptor() const { return waiting_.get(); }
  void drain();

  void start();
  void stop();

  // What was sampled between start() and stop(), with names. Empty when not available; the reason
  // is "on_cpu" in `unreadable`, that of a lack "on_cpu.kernel" or "on_cpu.symbols".
  std::optional<OnCpu> take(Unreadable& unreadable);

 private:
  // One sample; the addresses are in chains_.
  struct Taken {
    std::uint32_t thread = 0;
    std::uint32_t length = 0;
    std::size_t first = 0;
  };

  bool open(bool hardware, bool kernel, std::string& reason);
  void keep(const PerfRecord& record);

  std::int64_t frequency_hz_;
  bool hardware_ = false;
  bool kernel_ = false;
  std::string reason_;
  std::vector<PerfRing> rings_;  // one a CPU
  Fd waiting_;                   // epoll over the rings
  std::uint64_t lost_ = 0;
  std::vector<Taken> samples_;
  std::vector<std::uint64_t> chains_;  // the samples' addresses, one after the other, leaf first
};

}  // namespace asyncbench::measure
