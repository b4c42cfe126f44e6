#include "analyze/gate_counts.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "analyze/figures.hpp"
#include "analyze/statistics.hpp"

namespace asyncbench::analyze {
namespace {

using result::Cell;
using result::Trial;

struct Counted {
  const char* name;
  std::optional<double> (*figure)(const Trial& trial);
};
// Involuntary switches are those that other load makes.
constexpr std::array kCounted = {
    Counted{"syscalls", [](const Trial& t) { return per_request(t, t.subject.syscalls); }},
    Counted{"context switches",
            [](const Trial& t) { return per_request(t, t.subject.context_switches_voluntary); }},
    Counted{"body bytes",
            [](const Trial& t) { return per_request(t, static_cast<std::int64_t>(t.body_bytes)); }},
};

// The counts of one side.
struct Counts {
  std::vector<double> values;  // one a trial
  std::uint64_t requests = 0;  // of the trial that has the fewest
  std::uint64_t in_flight = 0;
};

Counts counts_of(const Cell& cell, const Counted& what) {
  Counts counts{.requests = std::numeric_limits<std::uint64_t>::max()};
  for (const Trial* trial : cell.valid_trials(result::TrialKind::count)) {
    const auto value = what.figure(*trial);
    if (!value) continue;
    counts.values.push_back(*value);
    counts.requests = std::min(counts.requests, trial->ended());
    counts.in_flight = std::max(counts.in_flight, trial->in_flight_max);
  }
  return counts;
}

}  // namespace

std::vector<CountRow> compare_counts(const std::string& id, const Cell& base_cell,
                                     const Cell& candidate_cell, double margin) {
  // Less than one in a hundred requests is noise of the window's edges, whatever its share.
  constexpr double kLeast = 0.01;
  // At each edge, a request may be counted without what it did, or what it did without the request.
  constexpr double kAtEdges = 2;
  std::vector<CountRow> rows;
  for (const Counted& what : kCounted) {
    const Counts base = counts_of(base_cell, what);
    const Counts candidate = counts_of(candidate_cell, what);
    if (base.values.empty() || candidate.values.empty()) continue;
    CountRow row{.cell = id,
                 .name = what.name,
                 .base = median(base.values),
                 .candidate = median(candidate.values)};
    const auto requests = static_cast<double>(std::min(base.requests, candidate.requests));
    const double tolerated =
        std::max(std::max(margin, kAtEdges / std::max(requests, 1.0)) * row.base, kLeast);
    const auto [least, greatest] = std::ranges::minmax(base.values);
    if (std::max(base.in_flight, candidate.in_flight) > 1) {
      row.unjudged = Unjudged::many_in_flight;
    } else if (base.values.size() < 2) {
      row.unjudged = Unjudged::one_trial;
    } else if (greatest - least > tolerated) {
      row.unjudged = Unjudged::varies;
    }
    if (!row.is_judged()) {
      row.verdict = Verdict::inconclusive;
    } else if (std::ranges::min(candidate.values) > greatest + tolerated) {
      row.verdict = Verdict::regression;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace asyncbench::analyze
