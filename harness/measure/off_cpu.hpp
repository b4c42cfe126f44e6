// When the threads of this process did not run, and what they waited for.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/time.hpp"
#include "measure/perf_ring.hpp"
#include "measure/readings.hpp"

namespace asyncbench::measure {

// A thread was off the CPU from `out_ns` to `in_ns` (CLOCK_MONOTONIC).
struct OffCpuSpan {
  std::int32_t thread = 0;
  std::int64_t out_ns = 0;
  std::int64_t woken_ns = 0;  // when it became runnable: out_ns when it was preempted
  std::int64_t in_ns = 0;
  bool preempted = false;   // it was still runnable
  std::uint32_t stack = 0;  // where it waited, index into OffCpuRecorder::Taken::stacks; 0: unknown

  bool began_before = false;  // before the recording, so it is unknown why

  std::int64_t blocked_ns() const { return woken_ns - out_ns; }
  std::int64_t queued_ns() const { return in_ns - woken_ns; }
};

// Records every switch of this process's threads, except the first thread, the harness's own:
//   - sched:sched_switch of our threads, with the call chain that led to the switch,
//   - PERF_RECORD_SWITCH of our threads (perf_event_open(2)): when they went on; and
//     PERF_RECORD_FORK and _EXIT: when they began and ended,
//   - sched:sched_waking of the whole machine: when they became runnable.
// Without permission for tracepoints it has only the second, which every user may open. Then the
// reasons for waiting are unknown, and waiting for a CPU after a wake-up counts as blocked.
class OffCpuRecorder {
 public:
  // Opens the events, disabled. The thread that starts all others later must call it.
  OffCpuRecorder();

  bool available() const { return !switches_.empty(); }
  bool knows_reasons() const { return knows_reasons_; }
  // Why it is not available or does not know the reasons, with the remedy; empty when it does.
  const std::string& reason() const { return reason_; }

  // Readable when a ring is half full; -1 when not available.
  int descriptor() const { return waiting_.get(); }
  void drain();

  void start();
  void stop();

  struct Stack {
    std::vector<std::uint64_t> kernel;  // addresses, leaf first
    std::vector<std::uint64_t> user;
  };
  struct Taken {
    std::vector<OffCpuSpan> spans;  // all that overlap [from, until), by out_ns
    std::vector<Stack> stacks;      // the first is empty
    // For each thread that began since start(), when it first ran.
    std::map<std::int32_t, std::int64_t> first_run_ns;
    std::uint64_t lost = 0;  // records for which a ring or the memory was full
  };
  // After stop().
  Taken take(Time from, Time until);

 private:
  enum class Kind : std::uint8_t { born, out, preempted, in, waking, ended };
  struct Event {
    std::int64_t at_ns;
    std::int32_t thread;
    Kind kind;
    std::uint32_t stack;
  };

  bool open_tracepoints();
  bool open_switches();
  bool add_rings(std::vector<PerfRing>& rings, const perf_event_attr& attributes, int process,
                 std::size_t bytes);
  void keep(const Event& event);
  void keep_switch(const PerfRecord& record);
  void keep_waking(const PerfRecord& record);
  std::uint32_t stack_of(PerfFields& fields);

  bool knows_reasons_ = false;
  std::string reason_;
  std::vector<PerfRing> switches_;  // one a CPU
  std::vector<PerfRing> wakings_;
  Fd waiting_;                  // epoll over the rings
  std::size_t pid_offset_ = 0;  // where the data of sched_waking has the thread's id
  std::vector<Event> events_;
  std::map<std::int32_t, std::uint32_t> switching_;  // thread -> the stack of its switch
  std::map<std::vector<std::uint64_t>, std::uint32_t> known_stacks_;
  std::vector<Stack> stacks_{Stack{}};
  std::uint64_t lost_ = 0;
};

}  // namespace asyncbench::measure
