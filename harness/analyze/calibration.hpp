// What gates of a build against itself say about this machine: how often they would raise a false
// alarm, and how small a slowdown they could find.
#pragma once

#include <string>
#include <vector>

#include "analyze/gate.hpp"

namespace asyncbench::analyze {

// How much one figure of one cell varies between two trials next to each other.
struct Spread {
  std::string cell;
  FigureName figure = kThroughput;
  double deviation = 0;  // of a pair's log ratio: 1.4826 times the median absolute deviation
  std::size_t pairs = 0;
};

struct Calibration {
  unsigned gates = 0;
  unsigned false_alarms = 0;  // gates that ended in a regression
  unsigned inconclusive = 0;
  unsigned invalid = 0;
  std::vector<Spread> spreads;  // of the figures that decide

  // Upper end of the one-sided 95 % interval of the share of false alarms (Clopper and Pearson): 0
  // in 59 gates means at most 5 %. 1 without gates.
  double false_alarm_bound() const;

  // The fewest pairs with which every one of the figures would show an effect of `margin`, at the
  // first of two looks of options; at most `most`. 0 without spreads.
  unsigned pairs_needed(const GateOptions& options, unsigned most) const;
};

class Calibrator {
 public:
  // One gate of a build against itself.
  void add(const GateReport& report);
  Calibration calibration() const;

 private:
  struct Series {
    std::string cell;
    FigureName figure;
    std::vector<double> log_ratios;
  };
  Calibration counts_;
  std::vector<Series> series_;  // in the order in which gates name them
};

}  // namespace asyncbench::analyze
