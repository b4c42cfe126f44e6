// What else the machine did during a trial: the evidence for "this trial was disturbed".
#pragma once

#include "core/time.hpp"
#include "measure/readings.hpp"

namespace asyncbench::measure {

// Totals since boot, of the whole machine, or a difference of two.
struct MachineSnapshot {
  // /proc/stat: CPU time that the hypervisor gave to others, and that of soft interrupts (network
  // receive), over all CPUs. Resolution 10 ms.
  Reading steal_ns;
  Reading softirq_ns;
  // /proc/pressure/cpu "some": time in which a runnable task waited for a CPU. Resolution 1 us.
  Reading pressure_cpu_ns;
  // Of `cpu`, now. A difference keeps the later one.
  Reading frequency_khz;
  Unreadable unreadable;
};

// `cpu`: the one whose frequency is of interest.
MachineSnapshot take_machine(int cpu);
MachineSnapshot difference(const MachineSnapshot& before, const MachineSnapshot& after);

// Runs a fixed amount of arithmetic, about 2 ms, on the calling thread's CPU, and returns how long
// the fastest of its eight equal parts took. It touches no memory, and a part is short enough to
// escape preemption: it takes longer only when the core itself is slower (its frequency, a busy
// sibling thread), so its change over a trial is the machine's, not the strategy's.
Duration spin_canary();

// The longest time between two reads of the clock in a loop of this length: how long something
// else had the core (other processes, the hypervisor, SMIs).
Duration longest_clock_gap(Duration length);

}  // namespace asyncbench::measure
