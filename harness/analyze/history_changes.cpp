#include "analyze/history_changes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "analyze/change_points.hpp"
#include "analyze/multiplicity.hpp"
#include "analyze/statistics.hpp"

namespace asyncbench::analyze {
namespace {

constexpr double kQ = 0.05;
constexpr double kEachSide = 0.025;

// A line's points on one footing.
struct Series {
  std::size_t line = 0;
  std::vector<const HistoryPoint*> points;
  std::vector<double> values;
  std::vector<std::size_t> builds;
};

std::vector<Series> series_of(const History& history, std::size_t line,
                              std::span<const std::size_t> builds) {
  std::map<std::size_t, Series> by_footing;
  for (const HistoryPoint& point : history.lines[line].points) {
    Series& series = by_footing[history.runs[point.run].footing];
    series.line = line;
    series.points.push_back(&point);
    series.values.push_back(point.log_ratio.estimate);
    series.builds.push_back(builds[point.run]);
  }
  std::vector<Series> all;
  for (auto& [footing, series] : by_footing) all.push_back(std::move(series));
  return all;
}

// The change at `at` of a series whose level held from `from` on before, and holds until `to`.
HistoryChange change_of(const Series& series, std::size_t from, std::size_t at, std::size_t to,
                        double p) {
  const std::span<const double> values = series.values;
  const std::size_t many = std::min(at - from, kMostNear);
  const std::span<const double> before = values.subspan(at - many, many);
  const std::span<const double> since = values.subspan(at, std::min(to - at, kMostNear));
  HistoryChange change{.line = series.line,
                       .from = series.points[at - 1]->run,
                       .to = series.points[at]->run,
                       .before = std::exp(median(before)),
                       .since = std::exp(median(since)),
                       .factor = shift_between(before, since, kEachSide),
                       .runs_before = at - from,
                       .runs_since = to - at,
                       .p = p,
                       .also = {}};
  Location& factor = change.factor;
  for (double* each : {&factor.estimate, &factor.low, &factor.high}) *each = std::exp(*each);
  return change;
}

// Whether the values since `at` are off by more than the noise within their own runs.
bool beyond_own_intervals(const Series& series, std::size_t from, std::size_t at) {
  const double level = median(std::span<const double>(series.values).subspan(from, at - from));
  return std::all_of(series.points.begin() + static_cast<std::ptrdiff_t>(at), series.points.end(),
                     [&](const HistoryPoint* point) {
                       const Location& ratio = point->log_ratio;
                       return std::isinf(ratio.low) || level < ratio.low || level > ratio.high;
                     });
}

// The changes that one of the two tests finds, and with how many others they compete.
struct Found {
  std::vector<HistoryChange> changes;
  std::size_t without = 0;  // series that were tested and have none

  void adjust() {
    std::vector<double> p;
    for (const HistoryChange& change : changes) p.push_back(change.p);
    p.resize(p.size() + without, 1.0);
    const std::vector<double> adjusted = benjamini_hochberg(p);
    for (std::size_t i = 0; i < changes.size(); ++i) changes[i].adjusted_p = adjusted[i];
  }
};

void search(const Series& series, double margin, Found& lasting, Found& fresh) {
  const std::span<const double> values = series.values;
  const std::span<const std::size_t> builds = series.builds;
  const std::vector<ChangePoint> found = change_points(values, builds, {.margin = margin});
  if (found.empty() && values.size() >= 2 * kShortestLevel) ++lasting.without;
  std::size_t from = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::size_t to = i + 1 < found.size() ? found[i + 1].at : values.size();
    lasting.changes.push_back(change_of(series, from, found[i].at, to, found[i].p));
    from = found[i].at;
  }
  const auto newest = fresh_change(values.subspan(from), builds.subspan(from), margin);
  if (newest && beyond_own_intervals(series, from, from + newest->at)) {
    fresh.changes.push_back(change_of(series, from, from + newest->at, values.size(), newest->p));
  } else if (values.size() - from > kShortestLevel) {
    ++fresh.without;
  }
}

// Whether nearly all lines of the change's figure and group moved the same way there.
bool moved_together(const History& history, const HistoryChange& change) {
  const HistoryLine& line = history.lines[change.line];
  const auto beside = [&](const HistoryLine& other) {
    return other.figure == line.figure && other.group == line.group;
  };
  const auto all = std::ranges::count_if(history.lines, beside);
  const auto moved = std::ranges::count_if(history.changes, [&](const HistoryChange& other) {
    return other.to == change.to && beside(history.lines[other.line]) &&
           (other.factor.estimate > 1) == (change.factor.estimate > 1);
  });
  constexpr std::ptrdiff_t kFewest = 3;
  return all >= kFewest && 4 * moved >= 3 * all;
}

}  // namespace

std::string_view name_of(Certainty certainty) {
  static constexpr std::array<std::string_view, 4> kNames = {"clear", "fresh", "likely", "single"};
  return kNames[static_cast<std::size_t>(certainty)];
}

void find_changes(History& history, std::span<const std::size_t> builds) {
  Found lasting;
  Found fresh;
  for (std::size_t line = 0; line < history.lines.size(); ++line) {
    for (const Series& series : series_of(history, line, builds)) {
      search(series, std::log1p(history.margin), lasting, fresh);
    }
  }
  lasting.adjust();
  for (HistoryChange& change : lasting.changes) {
    change.certainty = change.adjusted_p <= kQ ? Certainty::clear : Certainty::likely;
    history.changes.push_back(std::move(change));
  }
  fresh.adjust();
  for (HistoryChange& change : fresh.changes) {
    if (change.adjusted_p > kQ) continue;
    change.certainty = change.runs_since > 1 ? Certainty::fresh : Certainty::single;
    history.changes.push_back(std::move(change));
  }
  for (HistoryChange& change : history.changes) {
    change.reference_moved = moved_together(history, change);
  }
  std::ranges::stable_sort(history.changes, [](const HistoryChange& a, const HistoryChange& b) {
    return std::pair(b.to, a.line) < std::pair(a.to, b.line);
  });
}

}  // namespace asyncbench::analyze
