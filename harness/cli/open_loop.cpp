#include "cli/open_loop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "analyze/summary.hpp"
#include "cli/progress.hpp"
#include "run/open_loop.hpp"

namespace asyncbench::cli {
namespace {

// Requests a second; below it a window holds too few.
constexpr double kLeastCapacity = 100;

double median_throughput(const result::Cell& cell) {
  return analyze::median_of(analyze::figures_of(cell), analyze::kThroughput).value_or(0);
}

// Of the slowest cell.
double capacity_of(const run::Plan& plan, const run::Point& point, const result::Result& so_far) {
  double capacity = std::numeric_limits<double>::infinity();
  for (const std::size_t cell : point.cells) {
    const result::Cell* const row = so_far.find_cell(plan.cells[cell].id);
    if (row != nullptr) capacity = std::min(capacity, median_throughput(*row));
  }
  return std::isfinite(capacity) ? capacity : 0;
}

// Two significant digits, so that a run that is resumed finds the same.
double rounded(double rate) {
  const double digit = std::pow(10, std::floor(std::log10(rate)) - 1);
  return std::max(1.0, std::round(rate / digit) * digit);
}

}  // namespace

bool OpenLoop::operator()(run::Plan& plan, const result::Result& so_far) {
  const Duration budget = plan.settings.budget;
  const std::size_t before = plan.cells.size();
  for (const run::Point& point : run::points_to_open(plan)) {
    const double capacity = capacity_of(plan, point, so_far);
    if (capacity < kLeastCapacity) {
      note_(fmt::format("open loop of {} is left out: in closed loop it does {:.0f} requests/s",
                        point.name, capacity));
      run::add_open_loop(plan, point, {});
      continue;
    }
    run::Plan with = plan;
    run::add_open_loop(with, point, [&](double share) {
      return load::ArrivalSpec{.kind = load::ArrivalKind::poisson,
                               .rate_per_s = rounded(capacity * share)};
    });
    const Duration takes = with.expected_time();
    if (budget > Duration{0} && takes > budget) {
      note_(fmt::format("open loop of {} is left out: with it the run takes {} (--budget)",
                        point.name, clock_text(takes)));
      run::add_open_loop(plan, point, {});
      continue;
    }
    plan = std::move(with);
  }
  return plan.cells.size() > before;
}

}  // namespace asyncbench::cli
