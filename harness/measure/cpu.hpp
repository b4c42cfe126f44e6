// CPUs: which there are, where this thread may run, and how deeply they may sleep while idle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/fd.hpp"
#include "core/time.hpp"

namespace asyncbench::measure {

// The CPUs that the calling thread may run on, ascending: those online, without what taskset,
// cpusets or pinning exclude.
std::vector<int> allowed_cpus();

// How many of these CPUs a process can use at once with so many event loops; 0: with threads of its
// own, as many as there are work for all CPUs.
std::int64_t usable_cpus(std::size_t cpus, unsigned loops);

// "0-2,5" -> 0 1 2 5, as in /sys/devices/system/cpu/online. The list ends at malformed text.
std::vector<int> parse_cpu_list(std::string_view text);

// Restricts the calling thread, and all that it starts from now on, to these CPUs. Returns an empty
// string, or in one line why that failed.
std::string pin_to(const std::vector<int>& cpus);

// Computes in the calling thread until it has used that much CPU time, like a handler that blocks
// its loop. Preemption makes it take longer by the clock, but not in CPU time.
void burn_cpu(Duration cpu_time);

// While it lives, no CPU of the machine enters an idle state that takes time to leave:
// /dev/cpu_dma_latency, held open with a wanted latency of 0 us
// (Documentation/power/pm_qos_interface.rst). Without it, waking up a sleeping core is most of the
// round trip on loopback. Costs power; needs root by default.
class CpuIdleHold {
 public:
  CpuIdleHold();

  bool held() const { return static_cast<bool>(device_); }
  // Why it is not held; empty when it is.
  const std::string& reason() const { return reason_; }

 private:
  Fd device_;
  std::string reason_;
};

}  // namespace asyncbench::measure
