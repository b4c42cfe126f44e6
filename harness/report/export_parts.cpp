#include "report/export_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include "analyze/figures.hpp"
#include "analyze/statistics.hpp"
#include "result/fields.hpp"
#include "result/from_recording.hpp"

namespace asyncbench::report {
namespace {

using result::Cell;
using result::Estimate;
using result::Latency;
using result::Trial;

constexpr std::array<std::string_view, 5> kUnits = {"bytes_per_s", "per_s", "bytes", "ns", "share"};

bool is_finite(const Estimate& estimate) {
  return std::isfinite(estimate.median) && std::isfinite(estimate.low) &&
         std::isfinite(estimate.high);
}

// The figures that a summary has a field for.
void for_each_common(const result::Summary& summary, auto&& visit) {
  result::describe(
      [&](std::string_view name, const auto& member) {
        if constexpr (std::is_same_v<decltype(member), const std::optional<Estimate>&>) {
          visit(name, member);
        }
      },
      summary);
}

class TrialFigures {
 public:
  void put(std::string name, std::optional<double> value, bool at_least = false) {
    if (!value || !std::isfinite(*value) || find(figures_, name)) return;
    figures_.push_back({std::move(name), *value, at_least});
  }

  void put_percentiles(std::string_view kind, const std::optional<Latency>& ended,
                       const std::optional<Latency>& unfinished,
                       std::initializer_list<std::pair<std::string_view, double>> percentiles) {
    if (!ended || ended->count == 0) return;
    const analyze::CensoredLatencies latencies(
        result::distribution_of(*ended),
        unfinished ? result::distribution_of(*unfinished) : measure::Distribution{});
    if (latencies.completed.empty()) return;
    for (const auto& [name, percent] : percentiles) {
      const analyze::Percentile value = analyze::percentile(latencies, percent);
      put(fmt::format("{}_{}_ns", kind, name), static_cast<double>(value.value_ns), value.at_least);
    }
  }

  std::vector<TrialFigure> take() { return std::move(figures_); }

 private:
  std::vector<TrialFigure> figures_;
};

}  // namespace

Trials valid_trials(const Cell& cell) {
  Trials trials;
  for (const Trial& trial : cell.trials) {
    if (trial.kind == result::TrialKind::timed && trial.valid) trials.push_back(&trial);
  }
  return trials;
}

std::vector<const Cell*> measured_cells(const result::Result& result, Exported& exported) {
  std::vector<const Cell*> cells;
  for (const Cell& cell : result.cells) {
    if (cell.status == result::CellStatus::measured && !valid_trials(cell).empty()) {
      cells.push_back(&cell);
    } else {
      exported.left_out.push_back(fmt::format("{}: {}", cell.id, why_not_measured(cell)));
    }
  }
  return cells;
}

std::string_view status_of(const Cell& cell) {
  switch (cell.status) {
    case result::CellStatus::unsupported:
      return "unsupported";
    case result::CellStatus::failed:
      return "failed";
    case result::CellStatus::measured:
      break;
  }
  return valid_trials(cell).empty() ? "invalid" : "measured";
}

std::string why_not_measured(const Cell& cell) {
  const auto with_reason = [](std::string_view what, const std::string& reason) {
    return reason.empty() ? std::string(what) : fmt::format("{}: {}", what, reason);
  };
  if (cell.status == result::CellStatus::unsupported) {
    return with_reason("unsupported", cell.reason);
  }
  if (cell.status == result::CellStatus::failed) return with_reason("failed", cell.reason);
  for (const Trial& trial : cell.trials) {
    if (trial.kind == result::TrialKind::timed && !trial.valid) {
      return with_reason("no valid trial", trial.reason);
    }
  }
  return "not measured";
}

std::vector<CellFigure> figures_across(const Cell& cell) {
  std::vector<CellFigure> figures;
  if (!cell.summary) return figures;
  const auto put = [&](std::string_view name, const Estimate& estimate) {
    const bool is_new = std::ranges::find(figures, name, &CellFigure::name) == figures.end();
    if (is_new && is_finite(estimate)) figures.push_back({std::string(name), estimate});
  };
  for_each_common(*cell.summary, [&](std::string_view name, const std::optional<Estimate>& figure) {
    if (figure) put(name, *figure);
  });
  for (const auto& [name, estimate] : cell.summary->figures) put(name, estimate);
  return figures;
}

std::vector<std::string> common_figure_names() {
  std::vector<std::string> names;
  for_each_common(result::Summary{}, [&](std::string_view name, const std::optional<Estimate>&) {
    names.emplace_back(name);
  });
  return names;
}

std::vector<TrialFigure> figures_within(const Trial& trial) {
  TrialFigures figures;
  if (trial.throughput_per_s > 0) figures.put("throughput_per_s", trial.throughput_per_s);
  const auto own = trial.subject.cpu_ns();
  const auto peer = analyze::peer_cpu_ns(trial);
  figures.put("cpu_per_request_ns", analyze::per_request(trial, own));
  figures.put("cpu_per_request_peer_ns", analyze::per_request(trial, peer));
  if (own && peer) {
    figures.put("cpu_per_request_total_ns", analyze::per_request(trial, *own + *peer));
  }
  figures.put_percentiles("service_time", trial.service_time, trial.censored_service_time,
                          {{"p50", 50}, {"p99", 99}, {"p99_9", 99.9}});
  figures.put_percentiles("response_time", trial.response_time, trial.censored_response_time,
                          {{"p50", 50}, {"p99", 99}, {"p99_9", 99.9}});
  figures.put("context_switches_per_request",
              analyze::per_request(trial, analyze::context_switches(trial)));
  if (trial.subject.memory_peak_bytes) {
    figures.put("memory_peak_bytes", static_cast<double>(*trial.subject.memory_peak_bytes));
  }
  const auto failed = static_cast<std::int64_t>(trial.ended() - trial.outcome(Outcome::ok));
  figures.put("error_share", analyze::per_request(trial, failed));
  for (const auto& [name, value] : trial.figures) figures.put(name, value);
  for (const auto& [name, latency] : trial.series) {
    figures.put_percentiles(name, latency, std::nullopt, {{"p50", 50}, {"p99", 99}});
  }
  return figures.take();
}

const TrialFigure* find(const std::vector<TrialFigure>& figures, std::string_view name) {
  const auto found = std::ranges::find(figures, name, &TrialFigure::name);
  return found == figures.end() ? nullptr : &*found;
}

std::optional<bool> higher_is_better(std::string_view name) {
  if (name.ends_with("_per_s") || name == "balance") return true;
  // What is read from the disk, and not from the cache, is no matter of better or worse.
  const std::string_view unit = split_unit(name).unit;
  if (unit == "ns" || unit == "bytes" || name == "error_share" || name.ends_with("_per_request") ||
      name.starts_with("amplification_")) {
    return false;
  }
  return std::nullopt;
}

NameAndUnit split_unit(std::string_view name) {
  for (const std::string_view unit : kUnits) {
    if (name.size() > unit.size() + 1 && name.ends_with(unit) &&
        name[name.size() - unit.size() - 1] == '_') {
      return {name.substr(0, name.size() - unit.size() - 1), unit};
    }
  }
  return {name, ""};
}

std::string fact_of(const result::Result& result, std::string_view name) {
  const auto found = std::ranges::find(result.environment.facts, name, [](const auto& pair) {
    return std::string_view(pair.first);
  });
  if (found == result.environment.facts.end()) return "";
  return std::visit(
      [](const auto& value) -> std::string {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string>) return value;
        if constexpr (std::is_arithmetic_v<T>) return fmt::format("{}", value);
        return "";
      },
      found->second);
}

std::string text_of(const result::Value& value) {
  return std::visit([](const auto& v) { return fmt::format("{}", v); }, value);
}

const std::optional<Latency>& latency_of_interest(const Cell& cell, const Trial& trial) {
  const bool is_open_loop = std::ranges::any_of(
      cell.trials, [](const Trial& any) { return any.response_time.has_value(); });
  return is_open_loop ? trial.response_time : trial.service_time;
}

}  // namespace asyncbench::report
