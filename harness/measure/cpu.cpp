#include "measure/cpu.hpp"

#include <fcntl.h>
#include <sched.h>

#include <time.h>
#include <unistd.h>
#include <algorithm>

#include <charconv>
#include <cstdint>
#include <system_error>
#include <utility>

#include "measure/readings.hpp"

namespace asyncbench::measure {

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) cpus.push_back(cpu);
  }
  return cpus;
}

std::int64_t usable_cpus(std::size_t cpus, unsigned loops) {
  return static_cast<std::int64_t>(loops == 0 ? cpus : std::min<std::size_t>(cpus, loops));
}

std::vector<int> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    int first = 0;
    auto [next, error] = std::from_chars(at, end, first);
    if (error != std::errc{}) break;
    int last = first;
    if (next < end && *next == '-') {
      const auto range = std::from_chars(next + 1, end, last);
      if (range.ec != std::errc{}) break;
      next = range.ptr;
    }
    for (int cpu = first; cpu <= last && cpu < CPU_SETSIZE; ++cpu) cpus.push_back(cpu);
    if (next == end || *next != ',') break;
    at = next + 1;
  }
  return cpus;
}

std::string pin_to(const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::string list;
  for (const int cpu : cpus) {
    if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(static_cast<unsigned>(cpu), &set);
    list += (list.empty() ? "" : ",") + std::to_string(cpu);
  }
  if (::sched_setaffinity(0, sizeof set, &set) == 0) return {};
  return errno_text("sched_setaffinity to CPU " + list);
}

void burn_cpu(Duration cpu_time) {
  const auto used = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + Duration{time.tv_nsec};
  };
  // To read this clock is a system call. It is read so seldom that system calls take little of the
  // time.
  constexpr unsigned kStepsBetween = 2000;  // about 2 us
  const Duration end = used() + cpu_time;
  std::uint64_t state = 1;
  while (used() < end) {
    for (unsigned step = 0; step < kStepsBetween; ++step) {
      state = state * 6364136223846793005U + 1442695040888963407U;
    }
    volatile std::uint64_t kept = state;  // the work must not be optimized away
    (void)kept;
  }
}

CpuIdleHold::CpuIdleHold() {
  Fd device{::open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC)};
  if (!device) {
    reason_ = errno_text("open /dev/cpu_dma_latency") + "; run as root";
    return;
  }
  const std::int32_t latency_us = 0;
  if (::write(device.get(), &latency_us, sizeof latency_us) != sizeof latency_us) {
    reason_ = errno_text("write /dev/cpu_dma_latency");
    return;
  }
  device_ = std::move(device);
}

}  // namespace asyncbench::measure
