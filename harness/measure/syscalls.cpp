#include "measure/syscalls.hpp"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "measure/perf_ring.hpp"
#include "measure/tracepoint.hpp"

namespace asyncbench::measure {

void InheritedCounter::open(perf_event_attr& attributes, const std::string& what) {
  attributes.size = sizeof attributes;
  attributes.disabled = 1;
  attributes.inherit = 1;
  event_ = open_perf_event(attributes, 0, -1);
  reason_ = event_ ? ""
                   : errno_text("perf_event_open " + what) +
                         "; run as root, or: sysctl kernel.perf_event_paranoid=-1";
}

void InheritedCounter::enable() {
  if (event_) ::ioctl(event_.get(), PERF_EVENT_IOC_ENABLE, 0);
}

void InheritedCounter::disable() {
  if (event_) ::ioctl(event_.get(), PERF_EVENT_IOC_DISABLE, 0);
}

Reading InheritedCounter::read_count() const {
  std::int64_t count = 0;
  if (!event_ || ::read(event_.get(), &count, sizeof count) != sizeof count) return std::nullopt;
  return count;
}

SyscallCounter::SyscallCounter() {
  const auto tracepoint = find_tracepoint("raw_syscalls", "sys_enter", reason_);
  if (!tracepoint) return;
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = tracepoint->id;
  open(attributes, "raw_syscalls:sys_enter");
}

MigrationCounter::MigrationCounter() {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_MIGRATIONS;
  open(attributes, "cpu-migrations");
}

}  // namespace asyncbench::measure
