// Finds the capacity of which cells in open loop have shares, and lets them be measured at it.
#pragma once

#include <functional>
#include <string>

#include "run/run.hpp"

namespace asyncbench::cli {

// For run::Extend, before UntilDecided. When the closed loops have been measured, it adds what the
// plan's cells are to do in open loop (run::add_open_loop()): Poisson arrivals at shares of the
// median throughput of the slowest of them. Points with which the run would take longer than its
// budget are left out. The rates follow from the plan and its trials alone.
class OpenLoop {
 public:
  using Note = std::function<void(const std::string&)>;  // told what is left out, and why
  explicit OpenLoop(Note note) : note_(std::move(note)) {}

  bool operator()(run::Plan& plan, const result::Result& so_far);

 private:
  Note note_;
};

}  // namespace asyncbench::cli
