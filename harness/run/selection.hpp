// Choosing by name: workloads, strategies and the peer's, and who can do what here.
#pragma once

#include <string>
#include <vector>

#include "core/strategy.hpp"
#include "run/plan.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::run {

// Both throw UsageError, with the nearest name.
const workloads::Workload& workload_named(const std::string& name);
const Strategy& strategy_named(const std::string& name, const Registry& registry);

struct ChosenStrategy {
  std::string name;
  bool named = true;  // itself, rather than through "all" or a pattern
};

// "all", alone or among names, stands for every strategy that wants to be part of it; "contenders"
// for the programs that come with asyncbench; a pattern
// ("uring:*") for all that it matches, and for the strategy that they are variants of. Throws
// UsageError.
std::vector<ChosenStrategy> choose_strategies(const std::vector<std::string>& wanted,
                                              const Registry& registry);

// Why the strategy cannot be the subject of the cell here; empty: it can.
std::string why_unsupported(const PlannedCell& cell, const Strategy& strategy);

// Whether the side, "subject" or "peer", has the CPUs that the strategy needs: those that it is
// pinned to, or, not pinned, those that this process may use.
Support has_cpus(const Strategy& strategy, const std::string& side, const Pinning& pinning);

// The same of the side's strategy in a cell of the plan.
Support has_cpus(const Plan& plan, const PlannedCell& cell, const std::string& side,
                 const Registry& registry);

// Why no cell of the plan can run here, each reason once; empty: one can.
std::string why_nothing_runs(const Plan& plan);

}  // namespace asyncbench::run
