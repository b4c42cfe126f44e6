// Samples the call stacks of processes while they use the CPU.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "measure/perf_ring.hpp"
#include "measure/profile.hpp"

namespace asyncbench::measure {

// Says who is sampled where it is not the calling process: its descendants.
using Processes = std::vector<pid_t> (*)();

// It uses perf events (perf_event_open(2)): hardware cycles where the machine offers them,
// otherwise cpu-clock, a timer. cpu-clock has no non-maskable interrupt, so the time of a section
// with interrupts off is attributed to its end.
//
// Where permitted (root, CAP_PERFMON, perf_event_paranoid 0 or less), the events run on the CPUs
// that this process may use, and samples of other processes are dropped. Short threads are then
// sampled in proportion to their time, and a thread switch costs nothing. Otherwise the events run
// with the threads of this process, and all threads started after the construction inherit them: a
// thread that ends before its first period is never sampled. Both ways see this process's io_uring
// threads in the kernel (iou-sqp, iou-wrk). Where the kernel may not be sampled (paranoid 2), there
// are user stacks only.
class Sampler {
 public:
  // Opens the events, disabled.
  explicit Sampler(std::int64_t frequency_hz, Processes processes = nullptr);
  ~Sampler();

  bool available() const { return !rings_.empty(); }

  // Readable when a ring is half full, so that drain() comes in time; -1 when not available.
  int descriptor() const { return waiting_.get(); }
  void drain();

  // It takes up to a period where several CPUs are sampled.
  void start();
  void stop();

  // What was sampled between start() and stop(), with names. When it is empty, the reason is
  // "on_cpu" in `unreadable`; when a part is missing, "on_cpu.kernel" or "on_cpu.symbols".
  std::optional<OnCpu> take(Unreadable& unreadable);

 private:
  // One sample; the addresses are in chains_.
  struct Taken {
    std::uint32_t process = 0;
    std::uint32_t thread = 0;
    std::uint32_t length = 0;
    std::size_t first = 0;
  };

  // How the events are opened.
  struct Mode {
    bool hardware = false;
    bool on_cpus = false;  // otherwise with threads
    bool kernel = false;
  };

  struct Names;

  void name_processes();
  bool open(const Mode& mode);
  void keep(const PerfRecord& record);

  std::int64_t frequency_hz_;
  Mode mode_;
  Processes processes_;
  std::map<std::uint32_t, Names> names_;  // by process
  std::string reason_;
  std::vector<int> cpus_;
  std::vector<PerfRing> rings_;  // one a CPU, in the order of cpus_
  Fd waiting_;                   // epoll over the rings
  std::uint64_t lost_ = 0;
  std::vector<Taken> samples_;
  std::vector<std::uint64_t> chains_;  // the samples' addresses, one after the other, leaf first
};

}  // namespace asyncbench::measure
