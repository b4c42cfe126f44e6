#include "analyze/threshold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "analyze/notes.hpp"
#include "analyze/statistics.hpp"
#include "analyze/summary.hpp"

namespace asyncbench::analyze {
namespace {

constexpr double kLongest = 100;
constexpr double kUnbounded = std::numeric_limits<double>::infinity();

std::optional<Reading> latency(const Threshold& threshold, const TrialView& view) {
  const auto& latencies = view.response_time ? view.response_time : view.service_time;
  if (!latencies) return std::nullopt;
  // The longest that was seen: what was unfinished had reached its age, and is not known further.
  if (threshold.percent == kLongest) {
    return Reading{.value = static_cast<double>(latencies->at(kLongest))};
  }
  const Percentile found = percentile(*latencies, threshold.percent);
  return Reading{.value = static_cast<double>(found.value_ns),
                 .at_least = found.at_least,
                 .unresolved = found.unresolved && !found.at_least};
}

// A trial, with all its figures decoded.
struct Figured {
  Figured(const result::Cell& cell, const result::Trial& trial)
      : view(cell, trial), figures(figures_of(cell, trial)) {}

  std::optional<Reading> read(const Threshold& threshold) const {
    if (threshold.figure.empty()) return latency(threshold, view);
    const auto found = figures.find(threshold.figure);
    return found == figures.end() ? std::nullopt : std::optional(found->second);
  }

  TrialView view;
  TrialFigures figures;
};

// The reason that the subject gives for a field of the same kind: "cpu_user_ns" of CPU per request.
std::string why_missing(const Threshold& threshold, const result::Cell& cell) {
  const auto trials = cell.valid_trials();
  if (trials.empty()) return cell.reason.empty() ? "no valid trial" : cell.reason;
  const FigureName kind = threshold.figure.substr(0, threshold.figure.find('_'));
  for (const auto& [field, reason] : trials.front()->subject.unreadable) {
    if (!kind.empty() && field.starts_with(kind)) return reason;
  }
  return "no trial has this figure";
}

Judged judge(const Threshold& threshold, const result::Cell& cell,
             const std::vector<Figured>& trials) {
  Judged judged;
  std::vector<double> least;
  std::vector<double> most;  // where the true value may be anything above: kUnbounded
  bool unresolved = false;
  const bool is_bound = threshold.figure == kThroughput && has_note(cell, kGeneratorLimited);
  for (const Figured& trial : trials) {
    const auto reading = trial.read(threshold);
    if (!reading) continue;
    unresolved |= reading->unresolved;
    least.push_back(reading->value);
    most.push_back(reading->at_least || is_bound ? kUnbounded : reading->value);
    judged.holding += threshold.holds(threshold.above ? least.back() : most.back());
  }
  if (least.empty()) {
    judged.why = why_missing(threshold, cell);
    return judged;
  }
  judged.trials = least.size();
  judged.median = median(least);
  judged.least = std::ranges::min(least);
  judged.greatest = std::ranges::max(least);
  const double highest = median(most);
  judged.at_least = highest > judged.median;
  const bool at_lowest = threshold.holds(judged.median);
  if (unresolved) {
    judged.why = "too few requests in a trial for this percentile; use a longer --duration";
  } else if (at_lowest != threshold.holds(highest)) {
    judged.why = is_bound ? "the load generator was at its limit, so it may be more"
                          : "requests were unfinished, so it may be more; use a longer --duration";
  } else {
    judged.holds = at_lowest ? Holding::yes : Holding::no;
  }
  return judged;
}

}  // namespace

bool Threshold::holds(double value) const {
  if (value == limit) return or_equal;
  return above ? value > limit : value < limit;
}

std::vector<Judged> judge(std::span<const Threshold> thresholds, const result::Cell& cell) {
  std::vector<Figured> trials;
  for (const result::Trial* trial : cell.valid_trials()) trials.emplace_back(cell, *trial);
  std::vector<Judged> judged;
  for (const Threshold& threshold : thresholds) judged.push_back(judge(threshold, cell, trials));
  return judged;
}

}  // namespace asyncbench::analyze
