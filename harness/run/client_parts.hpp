// Several processes as the clients of one server under test (Settings::peer_processes): what each
// of them gets, and what they come to together.
#pragma once

#include <vector>

#include "load/arrivals.hpp"
#include "run/messages.hpp"
#include "run/plan.hpp"

namespace asyncbench::run {

// Throws UsageError, with the remedy, for a cell whose work so many clients cannot divide.
void check_peer_processes(const Plan& plan);

// The work of one of the clients. Of what they divide all have the same number, the first of them
// one more where it does not come out even.
workloads::Work part_of(workloads::Work whole, load::Part part);

// Its CPUs of those of all: as many as the others have, one more or less, and no other's unless
// there are too few.
std::vector<unsigned> cpus_of(const std::vector<unsigned>& all, load::Part part);

// One record of those of all clients, not none. Counts, histograms and turns add up; what one could
// not read is empty for all. Plain figures of parts do not make those of the whole: they are left
// out.
report::Record together(const std::vector<report::Record>& records);

}  // namespace asyncbench::run
