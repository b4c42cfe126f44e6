// Measures what is undecided on, until it is decided or the run has taken as long as it may.
#pragma once

#include <functional>
#include <string>

#include "run/run.hpp"

namespace asyncbench::cli {

// For run::Extend. When nothing is due it compares what has been measured, as the run's answer will.
// Strategies about which a point's answer is open (analyze::undecided_cells()) get blocks, together
// with the reference and its twin, up to the next look (analyze::kLooks), as long as the plan's
// time stays within the budget. The looks follow from the plan and its trials alone, so a run that
// is resumed goes on alike.
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
