// Two speeds that the machine's CPUs had in one run, as the canaries in the rests between turns
// show them: virtual CPUs that at times share a core, a frequency that comes and goes.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analyze/figures.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

enum class MachineState : std::uint8_t { fast, slow };

struct MachineStates {
  double split_ns = 0;    // canaries below it: fast
  double factor = 1;      // how many times longer they took in the slow state
  double fast_share = 0;  // of the turns

  MachineState of(std::int64_t canary_ns) const {
    return static_cast<double>(canary_ns) < split_ns ? MachineState::fast : MachineState::slow;
  }
};

// Of all canaries of a run. Empty where they show one state: the best split into two (Otsu, IEEE
// Transactions on Systems, Man, and Cybernetics 9 (1979), of their logarithms) leaves less than
// 10 % on one side, centres less than 10 % apart, or sides that are not narrow beside that
// distance.
std::optional<MachineStates> states_of(std::vector<std::int64_t> canaries_ns);

// Those of the valid timed trials of these cells.
std::vector<std::int64_t> canaries_of(std::span<const result::Cell* const> cells);

// The cell's figures with the rounds alone in which the machine was in that state after its turn.
CellFigures in_state(CellFigures figures, const result::Cell& cell, const MachineStates& states,
                     MachineState state);

}  // namespace asyncbench::analyze
