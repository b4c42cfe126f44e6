#include "analyze/calibration.hpp"

#include <algorithm>

#include "analyze/binomial.hpp"
#include "analyze/power.hpp"

namespace asyncbench::analyze {

double Calibration::false_alarm_bound() const {
  constexpr double kConfidence = 0.95;
  return gates == 0 ? 1 : proportion_upper_bound(false_alarms, gates, kConfidence);
}

unsigned Calibration::pairs_needed(const GateOptions& options, unsigned most) const {
  if (spreads.empty()) return 0;
  const double widest = std::ranges::max(spreads, {}, &Spread::deviation).deviation;
  const std::size_t pairs =
      pairs_to_detect(widest, options.margin, options.alpha / 2, spreads.size(), most);
  return static_cast<unsigned>(std::min<std::size_t>(pairs, most));
}

void Calibrator::add(const GateReport& report) {
  ++counts_.gates;
  counts_.false_alarms += report.verdict == Verdict::regression;
  counts_.inconclusive += report.verdict == Verdict::inconclusive;
  counts_.invalid += report.verdict == Verdict::invalid;
  for (const GateRow& row : report.rows) {
    if (row.hypothesis.advisory) continue;
    std::vector<double>& all = log_ratios_[{row.cell, row.figure}];
    all.insert(all.end(), row.hypothesis.log_ratios.begin(), row.hypothesis.log_ratios.end());
  }
}

Calibration Calibrator::calibration() const {
  Calibration calibration = counts_;
  for (const auto& [key, ratios] : log_ratios_) {
    if (ratios.empty()) continue;
    calibration.spreads.push_back({.cell = key.first,
                                   .figure = key.second,
                                   .deviation = robust_deviation(ratios),
                                   .pairs = ratios.size()});
  }
  return calibration;
}

}  // namespace asyncbench::analyze
