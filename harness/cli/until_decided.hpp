// Measures what is undecided on, until it is decided or the run has taken as long as it may.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "analyze/decision.hpp"
#include "analyze/figures.hpp"
#include "run/run.hpp"

namespace asyncbench::cli {

// What the plan asks for, for its comparisons.
analyze::DecisionRule rule_of(const run::Settings& settings);

// The figure that decides: the CPU time of both ends, or where the other end is not ours that of
// the subject.
analyze::FigureName deciding_figure(const run::PlannedCell& cell);

// For run::Extend. When nothing is due it looks at every point whose cells take turns: each
// strategy that is undecided against the point's reference gets blocks, together with the reference
// and its twin, up to the next look (analyze::kLooks), as long as the plan's time stays within the
// budget. The looks follow from the plan and its trials alone, so a run that is resumed goes on
// alike.
class UntilDecided {
 public:
  // Told after each look: "after 6 blocks 40 of 45 are decided; 5 go on".
  using Note = std::function<void(const std::string&)>;
  explicit UntilDecided(Note note) : note_(std::move(note)) {}

  bool operator()(run::Plan& plan, const result::Result& so_far);

 private:
  Note note_;
};

}  // namespace asyncbench::cli
