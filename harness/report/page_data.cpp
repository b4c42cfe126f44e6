// What the report's charts are drawn from.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "analyze/families.hpp"
#include "analyze/figures.hpp"
#include "analyze/ranking.hpp"
#include "analyze/statistics.hpp"
#include "analyze/usl.hpp"
#include "measure/recorder.hpp"
#include "report/location_json.hpp"
#include "report/page.hpp"
#include "report/page_sections.hpp"
#include "result/fields.hpp"
#include "result/from_recording.hpp"
#include "result/json.hpp"

namespace asyncbench::report {
namespace {

using analyze::Group;
using result::Cell;
using result::Trial;

// Shares of requests at which a latency curve is drawn: even steps of log 1/(1-p).
constexpr std::array kShares = {0.0,    0.1,    0.2,     0.3,     0.4,     0.5,     0.6,   0.7,
                                0.75,   0.8,    0.85,    0.9,     0.93,    0.95,    0.97,  0.98,
                                0.985,  0.99,   0.993,   0.995,   0.997,   0.998,   0.999, 0.9995,
                                0.9998, 0.9999, 0.99995, 0.99998, 0.99999, 0.999999};
// A share is shown as long as so many requests lie beyond it.
constexpr double kBeyond = 10;

// The result as its file has it, without trials: its schema's names need no second list.
Json skeleton_of(const result::Result& result) {
  result::Result bare = result;
  for (Cell& cell : bare.cells) cell.trials.clear();
  return Json::parse(result::serialize(bare));
}

void merge(measure::Distribution& into, const std::optional<result::Latency>& latency) {
  if (latency) into = into.merged(result::distribution_of(*latency));
}

// The latencies of all valid trials together; null when no request ended.
Json percentiles_of(const std::vector<const Trial*>& trials, bool open_loop) {
  measure::Distribution ended;
  measure::Distribution censored;
  for (const Trial* trial : trials) {
    merge(ended, open_loop ? trial->response_time : trial->service_time);
    merge(censored, open_loop ? trial->censored_response_time : trial->censored_service_time);
  }
  if (ended.empty()) return nullptr;
  const analyze::CensoredLatencies latencies(std::move(ended), censored);
  const auto count = static_cast<double>(latencies.all.count());
  Json points = Json::array();
  for (const double share : kShares) {
    if ((1 - share) * count < kBeyond) break;
    points.push_back({share, latencies.at(share * 100)});
  }
  return {{"count", latencies.all.count()}, {"points", points}};
}

// The trial in the middle by throughput, as latency over time; null without one.
Json heat_of(std::vector<const Trial*> trials) {
  std::erase_if(trials, [](const Trial* trial) { return trial->coarse_slices.empty(); });
  if (trials.empty()) return nullptr;
  const auto middle = trials.begin() + static_cast<std::ptrdiff_t>(trials.size() / 2);
  std::ranges::nth_element(trials, middle, {},
                           [](const Trial* trial) { return trial->throughput_per_s; });
  Json slices = Json::array();
  for (const result::CoarseSlice& slice : (*middle)->coarse_slices) {
    Json buckets = Json::array();
    for (const auto& [bucket, count] : slice) {
      buckets.push_back({measure::coarse_bucket_lowest_ns(bucket),
                         measure::coarse_bucket_lowest_ns(bucket + 1), count});
    }
    slices.push_back(std::move(buckets));
  }
  return {{"block", (*middle)->block},
          {"slice_ns", Duration(measure::kCoarseSlice).count()},
          {"slices", slices}};
}

// When each trial ran within the run, from 0: trials of a run follow one another.
using Order = std::map<const Trial*, std::size_t>;
Order order_of(const result::Result& result) {
  std::vector<const Trial*> trials;
  for (const Cell& cell : result.cells) {
    for (const Trial& trial : cell.trials) trials.push_back(&trial);
  }
  std::ranges::stable_sort(
      trials, {}, [](const Trial* trial) { return std::pair(trial->started, trial->block); });
  Order order;
  for (const Trial* trial : trials) order.emplace(trial, order.size());
  return order;
}

// What each round came to; empty where the trial had a whole window.
Json rounds_of(const analyze::TrialFigures& figures, analyze::FigureName name) {
  Json rounds = Json::array();
  const auto found = figures.find(name);
  if (found == figures.end()) return rounds;
  for (const double value : found->second.rounds) rounds.push_back(rounded(value));
  return rounds;
}

// A list for each field: names once, not once a trial. Rounds are of the group's CPU figure.
Json trials_of(const Cell& cell, const Order& order, bool open_loop, analyze::FigureName cpu) {
  Json trials = {{"block", Json::array()},
                 {"order", Json::array()},
                 {"valid", Json::array()},
                 {"throughput_per_s", Json::array()},
                 {"cpu_per_request_ns", Json::array()},
                 {"p99_ns", Json::array()},
                 {"rounds", Json::array()}};
  for (const Trial& trial : cell.trials) {
    if (trial.kind != result::TrialKind::timed) continue;
    const analyze::TrialFigures figures = analyze::figures_of(cell, trial);
    const auto value = [&](analyze::FigureName name) {
      const auto found = figures.find(name);
      return found == figures.end() ? Json(nullptr) : rounded(found->second.value);
    };
    trials["block"].push_back(trial.block);
    trials["order"].push_back(order.at(&trial));
    trials["valid"].push_back(trial.valid);
    trials["throughput_per_s"].push_back(rounded(trial.throughput_per_s));
    trials["cpu_per_request_ns"].push_back(value(analyze::kCpu));
    trials["p99_ns"].push_back(value(open_loop ? analyze::kResponseP99 : analyze::kServiceP99));
    trials["rounds"].push_back(rounds_of(figures, cpu));
  }
  return trials;
}

// The rounds of the cell's twin by block; null without one.
Json twin_of(const Cell& cell, analyze::FigureName cpu) {
  Json rounds = Json::array();
  for (const Trial* trial : cell.valid_trials(result::TrialKind::twin)) {
    rounds.push_back({trial->block, rounds_of(analyze::figures_of(cell, *trial), cpu)});
  }
  return rounds.empty() ? Json(nullptr) : Json({{"rounds", rounds}});
}

// The estimates of those figures; flags that are not set are left out.
Json summary_of(const Cell& cell, const std::vector<analyze::Figure>& figures) {
  if (!cell.summary) return nullptr;
  Json summary = Json::object();
  for (const analyze::Figure& figure : figures) {
    const result::Estimate* const estimate = cell.find(figure.name);
    if (estimate == nullptr) continue;
    Json& json = summary[figure.name];
    json = {{"median", rounded(estimate->median)},
            {"low", rounded(estimate->low)},
            {"high", rounded(estimate->high)},
            {"interval",
             result::kNamesOf<result::IntervalKind>[static_cast<std::size_t>(estimate->interval)]},
            {"trials", estimate->trials}};
    if (estimate->at_least) json["at_least"] = true;
    if (estimate->unresolved) json["unresolved"] = true;
  }
  return summary;
}

// A cell of the skeleton by its id.
using CellsById = std::map<std::string_view, const Json*>;

// What the charts of throughput and of trials in order go by: throughput where it tells anything.
analyze::FigureName charted_figure(const Group& group) {
  const std::vector<analyze::FigureName> figures = analyze::compared_figures(group);
  const bool tells = std::ranges::find(figures, analyze::kThroughput) != figures.end();
  return tells ? analyze::kThroughput : figures.front();
}

Json group_json(const Reported& reported, std::size_t index, const CellsById& cells,
                const Order& order, const std::vector<analyze::Figure>& figures) {
  const Group& group = reported.groups[index];
  const bool open_loop = analyze::is_open_loop(group);
  const analyze::FigureName cpu = analyze::cpu_figure_of(group);
  Json own = Json::array();
  Json offered = nullptr;
  for (const Cell* cell : group.cells) {
    const std::vector<const Trial*> trials = cell->valid_trials();
    if (!trials.empty() && trials.front()->offered_per_s) offered = *trials.front()->offered_per_s;
    const Json& stored = *cells.at(cell->id);
    own.push_back({{"id", stored.at("id")},
                   {"strategy", stored.at("strategy")},
                   {"status", stored.at("status")},
                   {"reason", stored.at("reason")},
                   {"notes", cell->summary ? notes_json(cell->summary->notes) : Json::array()},
                   {"summary", summary_of(*cell, figures)},
                   {"percentiles", percentiles_of(trials, open_loop)},
                   {"heat", heat_of(trials)},
                   {"trials", trials_of(*cell, order, open_loop, cpu)},
                   {"twin", twin_of(*cell, cpu)},
                   {"profile", profile_json(*cell)}});
  }
  return {{"name", group.name},
          {"parameters", cells.at(group.cells.front()->id)->at("parameters")},
          {"open_loop", open_loop},
          {"offered_per_s", offered},
          {"rank_by", charted_figure(group)},
          {"latency", open_loop ? "response_time" : "service_time"},
          {"compared", shown_figures(reported.against.front().comparison.groups[index])},
          {"against", against_json(reported, index)},
          {"cells", own}};
}

// Where the throughput of each strategy stops growing; only a closed loop has such a law.
Json knees_of(const Reported& reported, const analyze::Sweep& sweep) {
  Json knees = Json::array();
  constexpr std::array<std::string_view, 3> kWithLaw = {"connections", "in_flight", "threads"};
  if (std::ranges::find(kWithLaw, sweep.parameter) == kWithLaw.end()) return knees;
  std::vector<std::string> strategies;
  std::map<std::string, std::vector<std::pair<double, double>>> points;
  for (const analyze::SweepPoint& point : sweep.points) {
    const Group& group = reported.groups[point.group];
    if (analyze::is_open_loop(group)) return knees;
    for (const Cell* cell : group.cells) {
      const result::Estimate* const throughput = cell->find(analyze::kThroughput);
      if (throughput == nullptr) continue;
      auto& own = points[cell->strategy];
      if (own.empty()) strategies.push_back(cell->strategy);
      own.emplace_back(point.value, throughput->median);
    }
  }
  for (const std::string& strategy : strategies) {
    const auto fit = analyze::fit_usl(points[strategy]);
    if (!fit || (!fit->knee_n && !fit->peak_n)) continue;
    knees.push_back(
        {{"strategy", strategy}, {"at", finite(fit->knee_n)}, {"peak", finite(fit->peak_n)}});
  }
  return knees;
}

Json workload_json(const Reported& reported, const std::string& name, const CellsById& cells,
                   const Order& order, const std::vector<analyze::Figure>& figures) {
  Json groups = Json::array();
  std::map<std::size_t, std::size_t> index;  // of the group within the workload
  for (std::size_t i = 0; i < reported.groups.size(); ++i) {
    if (reported.groups[i].cells.front()->workload != name) continue;
    index.emplace(i, groups.size());
    groups.push_back(group_json(reported, i, cells, order, figures));
  }
  Json sweeps = Json::array();
  for (const analyze::Sweep& sweep : reported.sweeps) {
    if (!index.contains(sweep.points.front().group)) continue;
    Json points = Json::array();
    for (const analyze::SweepPoint& point : sweep.points) {
      points.push_back({{"value", point.value}, {"group", index.at(point.group)}});
    }
    sweeps.push_back({{"parameter", sweep.parameter},
                      {"unit", sweep.unit},
                      {"name", sweep.name},
                      {"points", points},
                      {"knees", knees_of(reported, sweep)}});
  }
  return {{"name", name}, {"unit", "requests"}, {"sweeps", sweeps}, {"groups", groups}};
}

Json result_json(const Reported& reported, const std::vector<analyze::Figure>& figures) {
  const Json skeleton = skeleton_of(*reported.result);
  CellsById cells;
  for (std::size_t i = 0; i < reported.result->cells.size(); ++i) {
    cells.emplace(reported.result->cells[i].id, &skeleton.at("cells").at(i));
  }
  const Order order = order_of(*reported.result);
  Json workloads = Json::array();
  std::vector<std::string> names;
  for (const Group& group : reported.groups) {
    const std::string& name = group.cells.front()->workload;
    if (std::ranges::find(names, name) != names.end()) continue;
    names.push_back(name);
    workloads.push_back(workload_json(reported, name, cells, order, figures));
  }
  return {{"label", reported.label},
          {"run", skeleton.at("run")},
          {"environment", skeleton.at("environment")},
          {"plan", skeleton.at("plan")},
          {"workloads", workloads}};
}

// What the charts need to know of the figures that some cell has.
Json figures_json(const std::vector<analyze::Figure>& telling) {
  Json figures = Json::array();
  for (const analyze::Figure& figure : telling) {
    figures.push_back({{"name", figure.name},
                       {"title", figure.short_title()},
                       {"unit", info_of(figure.unit).name},
                       {"higher_is_better",
                        figure.higher_is_better ? Json(*figure.higher_is_better) : Json(nullptr)},
                       {"own", figure.is_own()}});
  }
  return figures;
}

}  // namespace

std::string page_data(const PageInput& input) {
  Json strategies = Json::array();
  std::vector<std::string> names;
  std::vector<const Cell*> cells;
  for (const Reported& reported : input.results) {
    for (const Cell& cell : reported.result->cells) {
      cells.push_back(&cell);
      if (std::ranges::find(names, cell.strategy) != names.end()) continue;
      strategies.push_back({{"name", cell.strategy}, {"family", analyze::family_of(cell)}});
      names.push_back(cell.strategy);
    }
  }
  const std::vector<analyze::Figure> figures = telling_figures(cells);
  Json results = Json::array();
  for (const Reported& reported : input.results) results.push_back(result_json(reported, figures));
  Json against = nullptr;
  Json margin = nullptr;
  if (!input.results.empty()) {
    against = input.results.front().against.front().reference;
    margin = input.results.front().against.front().comparison.rule.margin;
  }
  const Json data = {{"schema", schema_json("asyncbench-report")},
                     {"strategies", strategies},
                     {"figures", figures_json(figures)},
                     {"against", against},
                     {"margin", margin},
                     {"results", results}};
  return data.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace asyncbench::report
