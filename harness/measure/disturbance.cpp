#include "measure/disturbance.hpp"

#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "measure/cpu_quota.hpp"

namespace asyncbench::measure {

namespace {

void read_proc_stat(MachineSnapshot& machine) {
  std::string reason;
  if (const auto text = read_text("/proc/stat", reason)) {
    // cpu user nice system idle iowait irq softirq steal ..., see proc(5).
    std::istringstream line(*text);
    std::string name;
    std::int64_t user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0,
                 steal = 0;
    if (line >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal) {
      const std::int64_t tick_ns = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
      machine.softirq_ns = softirq * tick_ns;
      machine.steal_ns = steal * tick_ns;
      return;
    }
    reason = "/proc/stat has no line of CPU times";
  }
  machine.unreadable["steal_ns"] = machine.unreadable["softirq_ns"] = reason;
}

void read_pressure(MachineSnapshot& machine) {
  std::string reason;
  if (const auto text = read_text("/proc/pressure/cpu", reason)) {
    // "some avg10=0.00 avg60=0.00 avg300=0.00 total=12345", in us:
    // Documentation/accounting/psi.rst.
    if (const Reading total_us = number_after(*text, "total=")) {
      machine.pressure_cpu_ns = *total_us * 1'000;
      return;
    }
    reason = "/proc/pressure/cpu has no total";
  }
  machine.unreadable["pressure_cpu_ns"] = reason;
}

void read_frequency(MachineSnapshot& machine, int cpu) {
  std::string reason;
  const std::string path =
      "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cpufreq/scaling_cur_freq";
  if (const auto text = read_text(path, reason)) machine.frequency_khz = leading_number(*text);
  if (!machine.frequency_khz) {
    machine.unreadable["frequency_khz"] = reason.empty() ? path + " holds no number" : reason;
  }
}

}  // namespace

MachineSnapshot take_machine(int cpu) {
  MachineSnapshot machine;
  read_proc_stat(machine);
  read_pressure(machine);
  read_frequency(machine, cpu);
  if (const auto quota = cpu_quota()) machine.throttled_ns = throttled_ns(*quota);
  return machine;
}

MachineSnapshot difference(const MachineSnapshot& before, const MachineSnapshot& after) {
  MachineSnapshot between = after;
  between.steal_ns = difference(before.steal_ns, after.steal_ns);
  between.softirq_ns = difference(before.softirq_ns, after.softirq_ns);
  between.pressure_cpu_ns = difference(before.pressure_cpu_ns, after.pressure_cpu_ns);
  between.throttled_ns = difference(before.throttled_ns, after.throttled_ns);
  between.unreadable.insert(before.unreadable.begin(), before.unreadable.end());
  return between;
}

Duration spin_canary(std::size_t parts) {
  // Each step needs the result of the step before. So the time is steps x latency of a multiply and
  // an add (4 to 5 cycles), however many instructions the core can run at once.
  constexpr int kSteps = 150'000;
  std::vector<Duration> took(parts);
  for (Duration& part : took) {
    const Time start = now();
    // The clock in the seed keeps the compiler from computing the result beforehand.
    auto value = static_cast<std::uint64_t>(to_ns(start));
    for (int i = 0; i < kSteps; ++i) {
      value = value * 6364136223846793005U + 1442695040888963407U;
      asm("" : "+r"(value));  // keeps clang from computing several steps with one multiply
    }
    volatile std::uint64_t sink = value;
    static_cast<void>(sink);
    part = now() - start;
  }
  const auto middle = took.begin() + static_cast<std::ptrdiff_t>(parts / 2);
  std::ranges::nth_element(took, middle);
  return *middle;
}

Duration longest_clock_gap(Duration length) {
  Duration longest{0};
  const Time start = now();
  for (Time last = start; last - start < length;) {
    const Time next = now();
    longest = std::max(longest, next - last);
    last = next;
  }
  return longest;
}

}  // namespace asyncbench::measure
