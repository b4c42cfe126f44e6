// Between the plan and the result's header, which is also the journal's first line: a run can be
// taken up again from it alone.
#pragma once

#include "core/strategy.hpp"
#include "result/result.hpp"
#include "run/plan.hpp"

namespace asyncbench::run {

// The result before its first trial: run, plan and cells; the environment is the caller's to add.
result::Result header_of(const Plan& plan, const Registry& registry);

// Adds what a plan has gained since: its new cells, and the number of blocks. Whether it had any.
bool grow(result::Result& result, const Plan& plan, const Registry& registry);

// The same plan again, in the same order. This program has its plugins, whose workloads may be in
// it (check_plugins()). Throws UsageError when the header is not one of ours.
Plan plan_of(const result::Result& header);

// Its settings alone. Throws likewise.
Settings settings_of(const result::Result& header);

}  // namespace asyncbench::run
