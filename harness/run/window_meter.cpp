#include "run/window_meter.hpp"

#include <algorithm>
#include <utility>

namespace asyncbench::run {

WindowMeter::WindowMeter(bool count_syscalls, const std::optional<measure::ProfileOptions>& profile,
                         measure::UsageSource source)
    : source_(source) {
  if (profile) profiler_.emplace(*profile, source.processes);
  if (!count_syscalls) return;
  counter_.emplace();
  counter_->enable();
}

// Reading the usage takes some hundred system calls: it stays outside of what is counted.
void WindowMeter::window_starts() {
  before_ = source_.usage();
  {
    const std::lock_guard lock(mutex_);
    has_started_ = true;
  }
  if (counter_) calls_before_ = counter_->read_count();
  if (profiler_) profiler_->start();
}

void WindowMeter::window_ends() {
  if (profiler_) profiler_->stop();
  if (counter_) calls_after_ = counter_->read_count();
  after_ = source_.usage();
  if (counter_) counter_->disable();
}

void WindowMeter::thread_ends() {
  const std::lock_guard lock(mutex_);
  if (has_started_) measure::add_own_time(ended_);
}

void WindowMeter::turn_starts(Time begins) {
  turn_started_ = source_.cpu_total();
  if (now() > begins) turn_started_.reset();
}

void WindowMeter::turn_ends() {
  const measure::CpuTotal ended = source_.cpu_total();
  turns_cpu_ns_.push_back(turn_started_ ? measure::difference(*turn_started_, ended)
                                        : std::nullopt);
  turn_started_.reset();
}

result::Usage WindowMeter::usage() const {
  const measure::UsageSnapshot spent = measure::difference(before_, after_);
  result::Usage usage;
  usage.cpu_user_ns = spent.cpu_user_ns;
  usage.cpu_system_ns = spent.cpu_system_ns;
  usage.cpu_account = spent.cpu_by_group ? "cgroup" : "getrusage";
  usage.context_switches_voluntary = spent.context_switches_voluntary;
  usage.context_switches_involuntary = spent.context_switches_involuntary;
  usage.page_faults_minor = spent.page_faults_minor;
  usage.page_faults_major = spent.page_faults_major;
  usage.run_queue_wait_ns = spent.run_queue_wait_ns;
  measure::ThreadTimes times = after_.thread_times;
  times.insert(ended_.begin(), ended_.end());
  usage.busiest_thread_ns = measure::busiest_thread(before_.thread_times, times);
  usage.memory_peak_bytes = spent.memory_peak_bytes;
  if (before_.threads && after_.threads) {
    usage.threads_peak = std::max(*before_.threads, *after_.threads);
  }
  usage.unreadable = spent.unreadable;
  // A state of the snapshot that is not a field of the result.
  usage.unreadable.erase("descriptors");
  usage.syscalls = measure::difference(calls_before_, calls_after_);
  if (!usage.syscalls) {
    usage.unreadable["syscalls"] = counter_ ? counter_->reason() : "counted in count trials only";
  }
  return usage;
}

void WindowMeter::look_on(Job& job) {
  if (profiler_) profiler_->look_on(job);
}

void WindowMeter::set_window_end(Time end) {
  if (profiler_) profiler_->set_window_end(end);
}

std::optional<measure::Profile> WindowMeter::take_profile(std::span<const LaneReport> lanes) {
  if (!profiler_) return std::nullopt;
  return profiler_->take(lanes);
}

}  // namespace asyncbench::run
