// What else the machine did during a trial: the evidence for "this trial was disturbed".
#pragma once

#include "core/time.hpp"
#include "measure/readings.hpp"

namespace asyncbench::measure {

// Totals of the whole machine since boot, or the difference of two such totals.
struct MachineSnapshot {
  // /proc/stat, summed over all CPUs: CPU time that the hypervisor gave to others, and CPU time of
  // soft interrupts (network receive). Resolution 10 ms.
  Reading steal_ns;
  Reading softirq_ns;
  // /proc/pressure/cpu "some": time in which a runnable task waited for a CPU. Resolution 1 us.
  Reading pressure_cpu_ns;
  // How long a CPU quota held this process's control group back (cpu_quota.hpp); empty, without a
  // reason, where there is no quota.
  Reading throttled_ns;
  // The current frequency of `cpu`. A difference keeps the later one.
  Reading frequency_khz;
  Unreadable unreadable;
};

// `cpu` is the one whose frequency is read.
MachineSnapshot take_machine(int cpu);
MachineSnapshot difference(const MachineSnapshot& before, const MachineSnapshot& after);

// Runs a fixed amount of arithmetic, about 0.3 ms a part, on the calling thread's CPU, and returns
// how long the median part took. It touches no memory, and a part is so short that most are not
// preempted. It takes longer only when the core itself is slower (its frequency, a busy sibling
// thread). So a change over a trial comes from the machine, not from the strategy.
Duration spin_canary(std::size_t parts = 7);

// Reads the clock in a loop of this length and returns the longest time between two reads: that
// long something else had the core (other processes, the hypervisor, SMIs).
Duration longest_clock_gap(Duration length);

}  // namespace asyncbench::measure
