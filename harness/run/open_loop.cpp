#include "run/open_loop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace asyncbench::run {
namespace {

using workloads::split;
using workloads::split_list;

load::ArrivalSpec named(double share) { return {.kind = load::ArrivalKind::share, .share = share}; }

}  // namespace

bool is_at_share(const PlannedCell& cell) {
  const workloads::Parameters& parameters = cell.work.parameters;
  return parameters.has("arrivals") &&
         parameters.arrivals("arrivals").kind == load::ArrivalKind::share;
}

void note_shares(Plan& plan, const std::vector<PlannedCell>& at_shares, bool finds_capacity) {
  for (PlannedCell cell : at_shares) {
    const load::ArrivalSpec wanted = cell.work.parameters.arrivals("arrivals");
    if (!finds_capacity) {
      throw UsageError(fmt::format(
          "arrivals: only run and versus find the capacity of which {} is a share; give "
          "a rate, such as poisson:20000",
          wanted.to_string()));
    }
    cell.work.parameters.put("arrivals", load::ArrivalSpec{});
    const auto closed = std::ranges::find(plan.cells, id_of(cell), &PlannedCell::id);
    if (closed == plan.cells.end()) {
      throw UsageError(fmt::format(
          "arrivals: {0} is a share of what the same work does in closed loop: measure that, too, "
          "as in closed,{0}",
          wanted.to_string()));
    }
    std::vector<double>& shares = closed->open_loop;
    if (closed->unsupported.empty() && cell.unsupported.empty() &&
        std::ranges::find(shares, wanted.share) == shares.end()) {
      shares.push_back(wanted.share);
    }
  }
}

std::vector<Point> points_to_open(const Plan& plan) {
  std::vector<Point> points = points_of(plan);
  for (Point& point : points) {
    std::erase_if(point.cells,
                  [&](std::size_t cell) { return plan.cells[cell].open_loop.empty(); });
  }
  std::erase_if(points, [](const Point& point) { return point.cells.empty(); });
  return points;
}

void add_open_loop(Plan& plan, const Point& point,
                   const std::function<load::ArrivalSpec(double share)>& at) {
  std::vector<double> shares;
  for (const std::size_t cell : point.cells) {
    for (const double share : std::exchange(plan.cells[cell].open_loop, {})) {
      if (std::ranges::find(shares, share) == shares.end()) shares.push_back(share);
    }
  }
  if (!at) return;
  const bool counts = std::ranges::any_of(plan.trials, [](const PlannedTrial& trial) {
    return trial.kind == result::TrialKind::count;
  });
  for (const double share : shares) {
    const std::size_t first = plan.cells.size();
    for (const std::size_t index : point.cells) {
      PlannedCell cell = plan.cells[index];
      cell.work.parameters.put("arrivals", at(share));
      set_names(cell);
      // Somebody may have asked for this rate, too.
      const bool known =
          std::ranges::find(plan.cells, cell.id, &PlannedCell::id) != plan.cells.end();
      if (!known) plan.cells.push_back(std::move(cell));
    }
    if (plan.cells.size() == first) continue;
    const std::vector<Point> points = points_of(plan);
    const auto added = std::ranges::find_if(
        points, [&](const Point& of) { return of.cells.back() == plan.cells.size() - 1; });
    for (unsigned block = 0; block < plan.settings.trials; ++block) {
      std::mt19937_64 random(trial_seed(plan.settings.seed, block));
      add_block(plan.trials, {*added}, block, random);
    }
    for (std::size_t cell = first; counts && cell < plan.cells.size(); ++cell) {
      plan.trials.push_back(
          {.cell = cell, .block = plan.settings.trials, .kind = result::TrialKind::count});
    }
  }
}

Plan with_open_loop(const Plan& plan) {
  Plan whole = plan;
  for (const Point& point : points_to_open(plan)) add_open_loop(whole, point, named);
  return whole;
}

std::string open_loop_text(const Plan& plan) {
  std::string text;
  for (const Point& point : points_to_open(plan)) {
    for (const std::size_t cell : point.cells) {
      text += fmt::format("{}{}", text.empty() ? "" : "; ", plan.cells[cell].id);
      for (const double share : plan.cells[cell].open_loop) text += ' ' + named(share).to_string();
    }
  }
  return text;
}

void read_open_loop(std::string_view text, Plan& plan) {
  for (const std::string& entry : split_list(text, ';')) {
    const std::vector<std::string> words = split_list(entry, ' ');
    const auto cell = words.empty() ? plan.cells.end()
                                    : std::ranges::find(plan.cells, words[0], &PlannedCell::id);
    if (cell == plan.cells.end()) {
      throw UsageError(fmt::format("open_loop: \"{}\" names no cell of the plan", entry));
    }
    for (std::size_t i = 1; i < words.size(); ++i) {
      const load::ArrivalSpec spec = workloads::parse_arrivals(words[i]);
      if (spec.kind != load::ArrivalKind::share) {
        throw UsageError(fmt::format("open_loop: \"{}\" is no share", words[i]));
      }
      cell->open_loop.push_back(spec.share);
    }
  }
}

}  // namespace asyncbench::run
