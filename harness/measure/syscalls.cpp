#include "measure/syscalls.hpp"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

namespace asyncbench::measure {

namespace {

constexpr auto kTracepoint = "/events/raw_syscalls/sys_enter/id";
constexpr auto kTraceFs = "/sys/kernel/tracing";
constexpr auto kDebugFs = "/sys/kernel/debug/tracing";

// The tracepoint's number on this kernel. Mounts tracefs at its customary place where it is missing
// and this process may.
Reading tracepoint_id(std::string& reason) {
  for (const char* root : {kTraceFs, kDebugFs}) {
    if (const auto id = read_text(std::string(root) + kTracepoint, reason)) {
      return leading_number(*id);
    }
  }
  if (::mount("tracefs", kTraceFs, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    reason = errno_text("mount tracefs") + "; as root: mount -t tracefs tracefs " + kTraceFs;
    return std::nullopt;
  }
  const auto id = read_text(std::string(kTraceFs) + kTracepoint, reason);
  return id ? leading_number(*id) : std::nullopt;
}

}  // namespace

SyscallCounter::SyscallCounter() {
  const Reading id = tracepoint_id(reason_);
  if (!id) return;
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof attributes;
  attributes.config = static_cast<std::uint64_t>(*id);
  attributes.disabled = 1;
  attributes.inherit = 1;
  event_ = Fd{static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC))};
  if (!event_) {
    reason_ = errno_text("perf_event_open raw_syscalls:sys_enter") +
              "; run as root, or: sysctl kernel.perf_event_paranoid=-1";
    return;
  }
  reason_.clear();
}

void SyscallCounter::enable() {
  if (event_) ::ioctl(event_.get(), PERF_EVENT_IOC_ENABLE, 0);
}

void SyscallCounter::disable() {
  if (event_) ::ioctl(event_.get(), PERF_EVENT_IOC_DISABLE, 0);
}

Reading SyscallCounter::read_count() const {
  std::int64_t count = 0;
  if (!event_ || ::read(event_.get(), &count, sizeof count) != sizeof count) return std::nullopt;
  return count;
}

}  // namespace asyncbench::measure
