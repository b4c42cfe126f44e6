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
    auto series = std::ranges::find_if(series_, [&](const Series& known) {
      return known.cell == row.cell && known.figure == row.figure;
    });
    if (series == series_.end()) series = series_.insert(series, {row.cell, row.figure, {}});
    const std::vector<double>& ratios = row.hypothesis.log_ratios;
    series->log_ratios.insert(series->log_ratios.end(), ratios.begin(), ratios.end());
  }
}

Calibration Calibrator::calibration() const {
  Calibration calibration = counts_;
  for (const auto& [cell, figure, ratios] : series_) {
    if (ratios.empty()) continue;
    calibration.spreads.push_back({.cell = cell,
                                   .figure = figure,
                                   .deviation = robust_deviation(ratios),
                                   .pairs = ratios.size()});
  }
  return calibration;
}

}  // namespace asyncbench::analyze
