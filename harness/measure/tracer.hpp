// The instruments of a traced trial, started and stopped together. They record the switches of
// threads, the turns of tasks, and the requests that these worked on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "core/job.hpp"
#include "measure/anatomy.hpp"
#include "measure/off_cpu.hpp"
#include "measure/profile.hpp"
#include "measure/request_log.hpp"
#include "measure/timeline.hpp"

namespace asyncbench::measure {

class Symbols;

// The harness thread makes it before it starts any other thread, and uses it. Other threads call
// only what says so. Outlives the job.
class Tracer {
 public:
  // Opens the instruments, all of them off. The profile says what this host refuses.
  Tracer();

  // For the recorders of a client.
  RequestObserver& observer() { return log_; }
  // Sets the window's end: later requests are not logged. The window starts when start() has done
  // its work, because that work disturbs the subject's CPU, and the log shall not explain it.
  void set_window_end(Time end) { log_.window().end_ns.store(to_ns(end)); }
  // The strategy's thread calls it before it runs the job. Only the runner knows that the window
  // has not begun by then, so start() may be called at the same time.
  void wrap(Job& job);

  // Readable when drain() is due; -1: never.
  int descriptor() const { return off_cpu_.descriptor(); }
  void drain() { off_cpu_.drain(); }

  void start();
  void stop();

  // After the job has run: fills in what these instruments saw.
  void take(Profile& profile);

 private:
  // What the stacks of a recording mean.
  struct Reasons {
    std::vector<std::string> names;
    std::vector<std::uint64_t> by_stack;  // index into names
    std::vector<Activity> activities;     // by stack
  };

  static Reasons reasons_of(const OffCpuRecorder::Taken& taken, Symbols& symbols);
  OffCpu off_cpu_of(const OffCpuRecorder::Taken& taken, const Reasons& reasons,
                    Symbols& symbols) const;
  Tail tail_of(const TimelineIndex& index, const OffCpuRecorder::Taken& switches,
               const Reasons& reasons) const;

  OffCpuRecorder off_cpu_;
  RequestLog log_;
  std::mutex mutex_;                  // guards the next two
  std::optional<Timeline> timeline_;  // there as soon as the job is known
  bool is_on_ = false;
  Time from_ = kNever;
  Time until_ = kNever;
};

}  // namespace asyncbench::measure
