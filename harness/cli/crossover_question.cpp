// Pairs of trials at the values that analyze::CrossoverSearch asks for.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "analyze/crossover.hpp"
#include "analyze/figures.hpp"
#include "cli/search_plan.hpp"
#include "cli/search_question.hpp"
#include "report/format.hpp"
#include "report/location_json.hpp"
#include "report/search_text.hpp"

namespace asyncbench::cli {
namespace {

using analyze::Better;
using analyze::CrossoverKind;
using analyze::CrossoverPoint;
using analyze::CrossoverSearch;

// What the work allows: a value between the ends may be one that it objects to (direct reads need
// blocks of whole sectors).
std::vector<std::int64_t> allowed_values(const Axis& over, const run::PlannedCell& cell) {
  std::vector<std::int64_t> values = analyze::search_values(over.low, over.high);
  std::erase_if(values, [&](std::int64_t value) {
    if (value == over.low || value == over.high) return false;
    workloads::Work work = cell.work;
    work.parameters.put(over.parameter, over.at(value));
    return !cell.workload->objection(work).empty();
  });
  return values;
}

Json estimate_json(const result::Estimate& estimate) {
  return {{"median", estimate.median}, {"low", estimate.low}, {"high", estimate.high}};
}

std::string_view name_of(CrossoverKind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {"crossing", "edge",    "none",
                                                             "unclear",  "several", "failed"};
  return kNames[static_cast<std::size_t>(kind)];
}

class CrossoverQuestion : public Question {
 public:
  CrossoverQuestion(const CrossoverRequest& request, const run::RunOptions& options,
                    const Registry& registry)
      : request_(request),
        options_(options),
        registry_(registry),
        ends_{cells_at(request.over.low), cells_at(request.over.high)},
        search_({.values = allowed_values(request.over, ends_.front().front()),
                 .most_pairs = request.budget / 2}),
        random_(options.settings.over({}).seed) {
    words_ = {.a = ends_.front()[0].strategy,
              .b = ends_.front()[1].strategy,
              .by = request.by,
              .parameter = request.over.parameter,
              .counts = request.over.kind == workloads::ValueKind::count,
              .value = [over = request.over](double value) { return value_text(over, value); }};
    std::ranges::replace(words_.parameter, '_', ' ');
    if (request.by == analyze::kThroughput &&
        ends_.front()[0].workload->is_paced(ends_.front()[0].work.parameters)) {
      throw usage_error("the throughput of this work is fixed by its parameters",
                        "compare --by cpu");
    }
  }

  Json asked() const override {
    return {{"kind", "crossover"},
            {"strategies", {words_.a, words_.b}},
            {"parameter", request_.over.parameter},
            {"low", request_.over.low},
            {"high", request_.over.high},
            {"by", request_.by},
            {"trials_at_most", request_.budget}};
  }

  run::Plan extremes() const override {
    run::Plan plan =
        plan_at(options_, request_.over.parameter, request_.over.at(request_.over.high), registry_);
    for (const run::PlannedCell& cell : ends_.front()) add_cell(plan, cell);
    return plan;
  }

  bool extend(run::Plan& plan, const result::Result& so_far, run::Progress& progress) override {
    if (asked_) {
      take(so_far);
      if (words_.by == analyze::kCpu) compare_total_if_shifted(so_far, progress);
      tell(progress);
    }
    asked_ = search_.next();
    if (!asked_) return false;
    cells_ = cells_at(asked_->value);
    std::vector<std::size_t> pair = {add_cell(plan, cells_[0]), add_cell(plan, cells_[1])};
    first_block_ = blocks_of(plan, pair[0]);
    for (unsigned i = 0; i < asked_->pairs; ++i) {
      std::ranges::shuffle(pair, random_);
      for (const std::size_t cell : pair) add_trial(plan, cell, first_block_ + i);
    }
    return true;
  }

  std::size_t trials_left() const override {
    const std::size_t due = asked_ ? asked_->pairs : 0;
    const std::size_t used = search_.pairs_asked() + due;
    return 2 * (request_.budget / 2 - std::min<std::size_t>(request_.budget / 2, used));
  }

  SearchAnswer answer(const result::Result& measured) const override {
    const analyze::Crossover found = search_.answer();
    SearchAnswer answer;
    std::vector<report::PointCosts> costs;
    answer.points = Json::array();
    for (const CrossoverPoint& point : search_.points()) {
      costs.push_back(costs_at(point.value, measured));
      answer.points.push_back(point_json(point, costs.back()));
    }
    answer.table = report::crossover_table(search_.points(), costs, words_);
    answer.sentences = {report::crossover_sentence(found, search_.points(), words_)};
    if (!shift_.empty()) answer.notes.push_back(shift_);
    answer.answer = {{"kind", name_of(found.kind)},
                     {"by", words_.by},
                     {"below", better_json(found.below)},
                     {"above", better_json(found.above)},
                     {"estimate", nullptr},
                     {"interval", nullptr},
                     {"changes", Json::array()},
                     {"exhausted", found.exhausted}};
    if (found.kind == CrossoverKind::crossing) answer.answer["estimate"] = found.estimate;
    if (found.kind == CrossoverKind::crossing || found.kind == CrossoverKind::edge) {
      answer.answer["interval"] = {found.low, found.high};
    }
    for (const auto& [value, better] : found.changes) {
      answer.answer["changes"].push_back({{"value", value}, {"better", better_json(better)}});
    }
    if (found.kind == CrossoverKind::unclear || found.kind == CrossoverKind::failed) {
      answer.exit_code = ExitCode::inconclusive;
    }
    return answer;
  }

 private:
  static std::string value_text(const Axis& over, double value) {
    switch (over.kind) {
      case workloads::ValueKind::count:
        return fmt::format("{:.0f}", value);
      case workloads::ValueKind::size:
        return report::format_bytes(value);
      default:
        return report::format_duration_ns(value);
    }
  }

  std::vector<run::PlannedCell> cells_at(std::int64_t value) const {
    return plan_at(options_, request_.over.parameter, request_.over.at(value), registry_).cells;
  }

  // The pairs of which both trials are valid; the others are asked for again.
  void take(const result::Result& so_far) {
    search_.take(log_ratios(so_far, cells_, first_block_, first_block_ + asked_->pairs));
  }

  // At each value its blocks are numbered from 0.
  std::vector<double> log_ratios(const result::Result& so_far,
                                 const std::vector<run::PlannedCell>& cells, unsigned first_block,
                                 unsigned end_block) const {
    analyze::CellFigures a;
    analyze::CellFigures b;
    for (unsigned block = first_block; block < end_block; ++block) {
      put(so_far, cells[0].id, block, a);
      put(so_far, cells[1].id, block, b);
    }
    return analyze::log_ratios(b, a, words_.by);
  }

  // On loopback a strategy can move work to the other end, which its own CPU time does not show.
  // Once that has been seen at the value measured last, the total is compared everywhere.
  void compare_total_if_shifted(const result::Result& so_far, run::Progress& progress) {
    const auto ratio =
        analyze::peer_cpu_ratio(*so_far.find_cell(cells_[0].id), *so_far.find_cell(cells_[1].id));
    if (!ratio || *ratio <= analyze::kPeersAlike) return;
    words_.by = analyze::kTotalCpu;
    shift_ = fmt::format(
        "At {} the other end's CPU differs by {}: work is shifted there, so the total of both ends "
        "is compared.",
        report::place_text(words_.value(static_cast<double>(asked_->value)), words_),
        report::format_percent(*ratio - 1));
    progress.note(shift_);
    const std::vector<CrossoverPoint> points = search_.points();
    for (const CrossoverPoint& point : points) {
      search_.retake(point.value, log_ratios(so_far, cells_at(point.value), 0, point.asked));
    }
  }

  void tell(run::Progress& progress) const {
    const auto point = std::ranges::find(search_.points(), asked_->value, &CrossoverPoint::value);
    progress.note(
        fmt::format("{}: {} ({} pairs)",
                    report::place_text(words_.value(static_cast<double>(point->value)), words_),
                    report::point_text(*point, words_), point->log_ratios.size()));
  }

  static void put(const result::Result& so_far, const std::string& cell_id, unsigned block,
                  analyze::CellFigures& figures) {
    const result::Trial* const trial = record_of(so_far, cell_id, block);
    if (trial == nullptr || !trial->valid) return;
    figures.emplace(block, analyze::figures_of(*so_far.find_cell(cell_id), *trial));
  }

  // Across the trials of a cell; empty when nothing was measured.
  std::optional<double> median_of(const run::PlannedCell& cell,
                                  const result::Result& measured) const {
    const result::Cell* const row = measured.find_cell(cell.id);
    const result::Estimate* const found = row == nullptr ? nullptr : row->find(words_.by);
    return found ? std::optional(found->median) : std::nullopt;
  }

  report::PointCosts costs_at(std::int64_t value, const result::Result& measured) const {
    const std::vector<run::PlannedCell> cells = cells_at(value);
    return {.a = median_of(cells[0], measured), .b = median_of(cells[1], measured)};
  }

  Json better_json(Better better) const {
    if (better == Better::unclear) return nullptr;
    return better == Better::a ? words_.a : words_.b;
  }

  Json point_json(const CrossoverPoint& point, const report::PointCosts& costs) const {
    Json json = {
        {"value", point.value},
        {"pairs", point.log_ratios.size()},
        {"log_ratios", point.log_ratios},
        {"log_ratio", nullptr},
        {"medians", {{words_.a, report::finite(costs.a)}, {words_.b, report::finite(costs.b)}}},
        {"better", better_json(point.better())}};
    if (!point.log_ratios.empty()) json["log_ratio"] = estimate_json(point.estimate());
    return json;
  }

  CrossoverRequest request_;
  run::RunOptions options_;
  const Registry& registry_;
  std::array<std::vector<run::PlannedCell>, 2> ends_;  // A and B at both ends
  CrossoverSearch search_;
  std::mt19937_64 random_;
  report::CrossoverWords words_;
  std::string shift_;  // why the total is compared where the subject's CPU was asked for
  // What is being measured.
  std::optional<CrossoverSearch::Ask> asked_;
  std::vector<run::PlannedCell> cells_;
  unsigned first_block_ = 0;
};

}  // namespace

std::unique_ptr<Question> make_question(const CrossoverRequest& request,
                                        const run::RunOptions& options, const Registry& registry) {
  return std::make_unique<CrossoverQuestion>(request, options, registry);
}

}  // namespace asyncbench::cli
