#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

#include "analyze/statistics.hpp"
#include "report/export_parts.hpp"
#include "report/location_json.hpp"

namespace asyncbench::report {
namespace {

using result::Cell;
using result::Trial;

constexpr const char* kRealTime =
    "closed loop: wall time per request that ended ok; open loop: response time p99";

// One trial as Google Benchmark sees it: the two times, and counters by name.
struct Repetition {
  std::uint64_t iterations = 0;
  double real_time = 0;
  double cpu_time = 0;
  analyze::TrialFigures figures;  // they are its counters
};

// Empty when the trial has not both times.
std::optional<Repetition> repetition_of(const Cell& cell, const Trial& trial) {
  Repetition repetition{.iterations = trial.ended(), .figures = analyze::figures_of(cell, trial)};
  const analyze::TrialFigures& figures = repetition.figures;
  const auto cpu = figures.find(analyze::kCpu);
  const auto response = figures.find(analyze::kResponseP99);
  if (cpu == figures.end() || (response == figures.end() && trial.throughput_per_s <= 0)) {
    return std::nullopt;
  }
  repetition.real_time =
      response != figures.end() ? response->second.value : 1e9 / trial.throughput_per_s;
  repetition.cpu_time = cpu->second.value;
  return repetition;
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The sample's, as Google Benchmark's StatisticsStdDev.
double deviation_of(std::span<const double> values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double variation_of(std::span<const double> values) {
  return deviation_of(values) / mean_of(values);
}

struct Aggregate {
  const char* name;
  const char* unit;
  double (*of)(std::span<const double>);
};
constexpr std::array<Aggregate, 4> kAggregates = {{{"mean", "time", mean_of},
                                                   {"median", "time", analyze::median},
                                                   {"stddev", "time", deviation_of},
                                                   {"cv", "percentage", variation_of}}};

// The event loops of the subject, where they are among these.
std::optional<std::int64_t> threads_in(const result::Values& values) {
  const result::Value* value = result::find(values, "threads");
  const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

class Writer {
 public:
  explicit Writer(const result::Result& result) {
    threads_ = threads_in(result.plan.options).value_or(1);
  }

  void cell(const Cell& cell, std::size_t family, const std::vector<Repetition>& repetitions) {
    for (std::size_t i = 0; i < repetitions.size(); ++i) {
      const Repetition& repetition = repetitions[i];
      Json entry = head(cell, cell.id, family, "iteration", repetitions.size());
      entry["repetition_index"] = i;
      entry["threads"] = threads_of(cell);
      entry["iterations"] = repetition.iterations;
      entry["real_time"] = repetition.real_time;
      entry["cpu_time"] = repetition.cpu_time;
      entry["time_unit"] = "ns";
      std::vector<std::string> bounds;
      for (const auto& [figure, reading] : figures_within(repetition.figures)) {
        entry[figure.name] = reading.value;
        if (reading.at_least) bounds.emplace_back(figure.name);
      }
      if (!bounds.empty()) {
        entry["label"] = fmt::format("lower bounds: {}", fmt::join(bounds, ", "));
      }
      entries_.push_back(std::move(entry));
    }
    if (repetitions.size() < 2) return;
    for (const Aggregate& aggregate : kAggregates) {
      const auto across = [&](auto&& figure) {
        std::vector<double> values;
        for (const Repetition& repetition : repetitions) values.push_back(figure(repetition));
        return finite(aggregate.of(values));
      };
      Json entry = head(cell, fmt::format("{}_{}", cell.id, aggregate.name), family, "aggregate",
                        repetitions.size());
      entry["threads"] = threads_of(cell);
      entry["aggregate_name"] = aggregate.name;
      entry["aggregate_unit"] = aggregate.unit;
      entry["iterations"] = repetitions.size();
      entry["real_time"] = across([](const Repetition& one) { return one.real_time; });
      entry["cpu_time"] = across([](const Repetition& one) { return one.cpu_time; });
      entry["time_unit"] = "ns";
      for (const auto& [figure, first] : figures_within(repetitions.front().figures)) {
        const auto in = [name = figure.name](const Repetition& one) {
          return one.figures.find(name);
        };
        const bool is_in_all = std::ranges::all_of(
            repetitions, [&](const Repetition& one) { return in(one) != one.figures.end(); });
        if (!is_in_all) continue;
        Json value = across([&](const Repetition& one) { return in(one)->second.value; });
        if (!value.is_null()) entry[figure.name] = std::move(value);
      }
      entries_.push_back(std::move(entry));
    }
  }

  Json take() { return std::move(entries_); }

 private:
  static Json head(const Cell& cell, const std::string& name, std::size_t family, const char* type,
                   std::size_t repetitions) {
    return {{"name", name},        {"family_index", family}, {"per_family_instance_index", 0},
            {"run_name", cell.id}, {"run_type", type},       {"repetitions", repetitions}};
  }

  std::int64_t threads_of(const Cell& cell) const {
    return threads_in(cell.parameters).value_or(threads_);
  }

  std::int64_t threads_ = 1;
  Json entries_ = Json::array();
};

Json context_of(const result::Result& result) {
  Json context = {{"date", result.run.started},
                  {"executable", "asyncbench " + result.run.version},
                  {"real_time", kRealTime}};
  for (const char* fact : {"cpu", "kernel", "git_commit"}) {
    if (std::string text = result.environment.text_of(fact); !text.empty())
      context[fact] = std::move(text);
  }
  for (const auto& [name, value] : result.environment.facts) {
    if (name != "cpus") continue;
    if (const auto* cpus = std::get_if<std::int64_t>(&value)) context["num_cpus"] = *cpus;
  }
  return context;
}

}  // namespace

Exported google_benchmark(const result::Result& result) {
  Exported exported;
  Writer writer(result);
  std::size_t family = 0;
  for (const Cell* cell : measured_cells(result, exported)) {
    std::vector<Repetition> repetitions;
    std::size_t without = 0;
    for (const Trial* trial : cell->valid_trials()) {
      if (auto repetition = repetition_of(*cell, *trial)) {
        repetitions.push_back(std::move(*repetition));
      } else {
        ++without;
      }
    }
    if (without > 0) {
      exported.left_out.push_back(
          fmt::format("{}: {} trial{} without a wall or a CPU time, which this format demands",
                      cell->id, without, without == 1 ? "" : "s"));
    }
    if (!repetitions.empty()) writer.cell(*cell, family++, repetitions);
  }
  const Json document = {{"context", context_of(result)}, {"benchmarks", writer.take()}};
  exported.text = text_of(document);
  return exported;
}

}  // namespace asyncbench::report
