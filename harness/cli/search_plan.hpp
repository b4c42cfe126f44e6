// How a search adds to a plan, and finds again what came of it.
#pragma once

#include <cstddef>
#include <string>

#include "core/strategy.hpp"
#include "result/result.hpp"
#include "run/plan.hpp"

namespace asyncbench::cli {

// Leaves the cells that can run here. Throws CommandError (exit 5), with the reason, when a
// strategy that was named cannot, or none is left.
void keep_supported(run::Plan& plan);

// A plan of one cell a strategy that can run here, with one more parameter than the options have.
// Throws run::UsageError, also when another parameter has several values, and as keep_supported().
run::Plan plan_at(const run::RunOptions& options, const std::string& parameter,
                  const workloads::ParameterValue& value, const Registry& registry);

// Its index, whether the plan had it or has gained it.
std::size_t add_cell(run::Plan& plan, const run::PlannedCell& cell);

// One more timed trial of the cell, in a block of its number.
void add_trial(run::Plan& plan, std::size_t cell, unsigned block);

// How many timed trials of it are planned: the next block.
unsigned blocks_of(const run::Plan& plan, std::size_t cell);

// The last record of the cell in the block, the one that counts; null when there is none.
const result::Trial* record_of(const result::Result& measured, const std::string& cell_id,
                               unsigned block);

}  // namespace asyncbench::cli
