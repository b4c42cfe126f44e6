// Trials at the rates that analyze::RateSearch asks for, one search a strategy, side by side.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "analyze/notes.hpp"
#include "analyze/validity.hpp"
#include "cli/search_plan.hpp"
#include "cli/search_question.hpp"
#include "report/format.hpp"
#include "report/location_json.hpp"
#include "report/search_text.hpp"

namespace asyncbench::cli {
namespace {

using analyze::Attainment;
using analyze::RateAnswer;
using analyze::RatePhase;
using analyze::RateSearch;
using analyze::RateStep;

std::string_view name_of(RatePhase phase) {
  switch (phase) {
    case RatePhase::grow:
      return "grow";
    case RatePhase::bisect:
      return "bisect";
    case RatePhase::confirm:
      return "confirm";
  }
  return "grow";
}

// One strategy's search.
struct Lane {
  std::string strategy;
  RateSearch search;
  std::string cell_id;  // of the trial that is being measured
  unsigned block = 0;
  bool waiting = false;
  // Why a trial at a rate did not meet the objective, by rate.
  std::map<double, std::string> reasons;
  std::map<double, bool> generator_limited;
  bool unresolved = false;
};

class RateQuestion : public Question {
 public:
  RateQuestion(const RateRequest& request, const run::RunOptions& options, const Registry& registry)
      : request_(request),
        options_(options),
        registry_(registry),
        random_(options.settings.over({}).seed) {
    for (const run::PlannedCell& cell : extremes().cells) {
      lanes_.push_back({.strategy = cell.strategy, .search = RateSearch(request.rates)});
    }
  }

  Json asked() const override {
    Json strategies = Json::array();
    for (const Lane& lane : lanes_) strategies.push_back(lane.strategy);
    return {{"kind", "objective"},
            {"strategies", strategies},
            {"objective", request_.objective.text()},
            {"schedule", request_.schedule}};
  }

  run::Plan extremes() const override {
    return plan_at(options_, "arrivals", arrivals(request_.rates.first_per_s), registry_);
  }

  // One trial of each strategy that is not done, in random order.
  bool extend(run::Plan& plan, const result::Result& so_far, run::Progress& progress) override {
    std::vector<std::size_t> cells;
    for (Lane& lane : lanes_) {
      if (lane.waiting) take(lane, so_far, progress);
      const auto rate = lane.search.next();
      lane.waiting = rate.has_value();
      if (!rate) continue;
      const std::vector<run::PlannedCell> all =
          plan_at(options_, "arrivals", arrivals(*rate), registry_).cells;
      const auto cell = std::ranges::find(all, lane.strategy, &run::PlannedCell::strategy);
      cells.push_back(add_cell(plan, *cell));
      lane.cell_id = cell->id;
      lane.block = blocks_of(plan, cells.back());
    }
    std::ranges::shuffle(cells, random_);
    for (const std::size_t cell : cells) add_trial(plan, cell, blocks_of(plan, cell));
    return !cells.empty();
  }

  std::size_t trials_left() const override {
    std::size_t sum = 0;
    for (const Lane& lane : lanes_) {
      const std::size_t left = lane.search.trials_left();
      sum += left - std::min<std::size_t>(left, lane.waiting ? 1 : 0);
    }
    return sum;
  }

  SearchAnswer answer(const result::Result& /*measured*/) const override {
    SearchAnswer answer{.points = Json::array(), .answer = Json::array()};
    answer.table = fmt::format("{:<24} {:>10}  {:>7}  {}\n", "strategy", "requests/s", "met", "");
    const Lane* best = nullptr;
    for (const Lane& lane : lanes_) {
      put_points(lane, answer);
      const RateAnswer& found = lane.search.answer();
      const bool ended = !lane.search.next();
      const std::string reason =
          found.lowest_unmet_per_s ? reason_at(lane, *found.lowest_unmet_per_s) : "";
      answer.sentences.push_back(
          ended ? report::rate_sentence(lane.strategy, found, request_.objective.text(), reason)
                : fmt::format("{}: no answer yet", lane.strategy));
      answer.answer.push_back({{"strategy", lane.strategy},
                               {"highest_met_per_s", report::finite(found.highest_met_per_s)},
                               {"lowest_unmet_per_s", report::finite(found.lowest_unmet_per_s)},
                               {"reason", reason}});
      note(lane, found, answer.notes);
      if (!found.highest_met_per_s) {
        answer.exit_code = ExitCode::inconclusive;
      } else if (best == nullptr ||
                 *found.highest_met_per_s > *best->search.answer().highest_met_per_s) {
        best = &lane;
      }
    }
    if (best != nullptr && lanes_.size() > 1) answer.sentences.push_back(compared(*best));
    return answer;
  }

 private:
  workloads::ParameterValue arrivals(double rate_per_s) const {
    using enum load::ArrivalKind;
    return load::ArrivalSpec{.kind = request_.schedule == "poisson" ? poisson : constant,
                             .rate_per_s = rate_per_s};
  }

  void take(Lane& lane, const result::Result& so_far, run::Progress& progress) {
    const double rate = *lane.search.next();
    const result::Trial* const trial = record_of(so_far, lane.cell_id, lane.block);
    Attainment judgement{.reason = "the trial was not measured"};
    if (trial != nullptr) {
      judgement = request_.objective.judge(*trial);
      for (const result::Note& note : analyze::assess(*so_far.find_cell(lane.cell_id), *trial)) {
        if (note.code == analyze::kGeneratorLimited) lane.generator_limited[rate] = true;
      }
    }
    if (!judgement.met) lane.reasons[rate] = judgement.reason;
    lane.unresolved |= judgement.met && judgement.unresolved;
    const std::size_t step = lane.search.steps().size() - 1;
    lane.search.take(judgement.met);
    const RateStep& decided = lane.search.steps()[step];
    if (!decided.decided) return;
    progress.note(fmt::format("{} at {:.0f}/s: {} in {} of {} trials{}{}", lane.strategy, rate,
                              decided.passed ? "met" : "not met",
                              decided.passed ? decided.met : decided.unmet,
                              decided.met + decided.unmet, decided.passed ? "" : "; ",
                              decided.passed ? "" : reason_at(lane, rate)));
  }

  static std::string reason_at(const Lane& lane, double rate) {
    const auto found = lane.reasons.find(rate);
    return found == lane.reasons.end() ? "" : found->second;
  }

  static void put_points(const Lane& lane, SearchAnswer& answer) {
    for (const RateStep& step : lane.search.steps()) {
      if (step.met + step.unmet == 0) continue;
      answer.table += fmt::format(
          "{:<24} {:>10.0f}  {:>2} of {:>1}  {}\n", lane.strategy.substr(0, 24), step.rate_per_s,
          step.met, step.met + step.unmet,
          step.decided && !step.passed ? reason_at(lane, step.rate_per_s).substr(0, 34) : "");
      answer.points.push_back({{"strategy", lane.strategy},
                               {"rate_per_s", step.rate_per_s},
                               {"phase", name_of(step.phase)},
                               {"trials", step.met + step.unmet},
                               {"met", step.met},
                               {"passed", step.decided ? Json(step.passed) : Json(nullptr)}});
    }
  }

  void note(const Lane& lane, const RateAnswer& found, std::vector<std::string>& notes) const {
    if (lane.unresolved) {
      notes.push_back(
          fmt::format("{}: some trials had too few requests for the percentile; a "
                      "longer --duration makes the answer surer.",
                      lane.strategy));
    }
    if (found.lowest_unmet_per_s && lane.generator_limited.contains(*found.lowest_unmet_per_s)) {
      notes.push_back(
          fmt::format("{}: at {:.0f}/s the load generator itself was at its limit, so "
                      "the strategy may sustain more.",
                      lane.strategy, *found.lowest_unmet_per_s));
    }
  }

  // Who sustains the most, if the others' brackets lie below.
  std::string compared(const Lane& best) const {
    const double rate = *best.search.answer().highest_met_per_s;
    std::string near;
    for (const Lane& lane : lanes_) {
      const RateAnswer& found = lane.search.answer();
      const bool below = found.lowest_unmet_per_s && *found.lowest_unmet_per_s <= rate;
      if (&lane != &best && !below) near += (near.empty() ? "" : ", ") + lane.strategy;
    }
    if (near.empty()) return fmt::format("{} sustains the highest rate", best.strategy);
    return fmt::format("{} sustains the highest rate, but is not told apart from {}", best.strategy,
                       near);
  }

  RateRequest request_;
  run::RunOptions options_;
  const Registry& registry_;
  std::vector<Lane> lanes_;
  std::mt19937_64 random_;
};

}  // namespace

std::unique_ptr<Question> make_question(const RateRequest& request, const run::RunOptions& options,
                                        const Registry& registry) {
  return std::make_unique<RateQuestion>(request, options, registry);
}

}  // namespace asyncbench::cli
