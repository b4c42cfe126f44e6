#include "cli/fail_if.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/comparison_text.hpp"
#include "cli/measuring_options.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "report/figure_text.hpp"
#include "workloads/values.hpp"

namespace asyncbench::cli {

using analyze::Holding;
using analyze::Judged;
using analyze::Threshold;
using analyze::Unit;
using workloads::UsageError;

namespace {

struct GuardedFigure {
  std::string_view name;
  Unit unit;
  analyze::FigureName figure;  // as in Threshold
  double percent;
  std::string_view example;
};

constexpr std::array<GuardedFigure, 9> kGuarded = {{
    {"p50", Unit::time, {}, 50, "p50>1ms"},
    {"p90", Unit::time, {}, 90, "p90>2ms"},
    {"p99", Unit::time, {}, 99, "p99>5ms"},
    {"p99.9", Unit::time, {}, 99.9, "p99.9>20ms"},
    {"max", Unit::time, {}, 100, "max>1s"},
    {"throughput", Unit::requests_per_s, analyze::kThroughput, 0, "throughput<5000/s"},
    {"errors", Unit::share, "error_share", 0, "errors>0.1%"},
    {"cpu", Unit::cpu_time, analyze::kCpu, 0, "cpu>20us"},
    {"memory", Unit::bytes, analyze::kMemoryPeak, 0, "memory>200m"},
}};

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  std::string examples;
  for (const GuardedFigure& one : kGuarded) {
    examples += fmt::format("{}{}", examples.empty() ? "" : ", ", one.example);
  }
  throw UsageError(fmt::format("\"{}\" {}; figures are {}", text, why, examples));
}

double limit_of(const GuardedFigure& figure, std::string_view text) {
  constexpr std::string_view kPerSecond = "/s";
  switch (figure.unit) {
    case Unit::requests_per_s:
      if (!text.ends_with(kPerSecond)) workloads::refuse_value(text, "a rate such as 5000/s");
      text.remove_suffix(kPerSecond.size());
      return static_cast<double>(workloads::parse_count(text));
    case Unit::share:
      if (!text.ends_with('%')) workloads::refuse_value(text, "percent such as 0.1%");
      return workloads::parse_share(text);
    case Unit::bytes:
      if (text.find_first_of("kmg") == text.npos) {
        workloads::refuse_value(text, "a size with its unit such as 200m");
      }
      return static_cast<double>(workloads::parse_size(text));
    default:
      return static_cast<double>(workloads::parse_duration(text).count());
  }
}

// A guard that nothing can trip guards nothing.
bool can_hold(const Threshold& threshold) {
  const bool all = threshold.unit == Unit::share && threshold.limit >= 1;
  return threshold.or_equal || !(threshold.above ? all : threshold.limit == 0);
}

Threshold parse_threshold(std::string_view text) {
  const auto parts = split_comparison(text);
  // An unquoted "p99>5ms" leaves "p99": the shell takes the rest for a file.
  if (!parts) refuse(text, "has neither < nor > (quote it: they mean files to a shell)");
  const auto* const figure = std::ranges::find(kGuarded, parts->figure, &GuardedFigure::name);
  if (figure == kGuarded.end()) refuse(text, "has no figure of this name");
  Threshold threshold{.text = std::string(text),
                      .title = std::string(figure->name),
                      .unit = figure->unit,
                      .figure = figure->figure,
                      .percent = figure->percent,
                      .above = parts->above,
                      .or_equal = parts->or_equal};
  try {
    threshold.limit = limit_of(*figure, parts->limit);
  } catch (const UsageError& error) {
    refuse(text, fmt::format("has no limit: {}", error.what()));
  }
  if (!can_hold(threshold)) refuse(text, "can never hold");
  return threshold;
}

// One or several between commas.
std::vector<Threshold> parse_thresholds(std::string_view text) {
  std::vector<Threshold> thresholds;
  for (const std::string_view part : workloads::split(text, ',')) {
    thresholds.push_back(parse_threshold(trimmed(part)));
  }
  return thresholds;
}

// "p99 is 7.10ms, the median of 6 trials (6.20ms to 9.40ms); holds in 5 of them".
std::string text_of(const Threshold& threshold, const Judged& judged) {
  const auto value = [&](double v) { return report::figure_text(threshold.unit, v); };
  const std::string median = fmt::format("{} is {}{}", threshold.title,
                                         judged.at_least ? "at least " : "", value(judged.median));
  if (judged.trials == 1) return median + " in its one trial";
  return fmt::format("{}, the median of {} trials ({} to {}); holds in {} of them", median,
                     judged.trials, value(judged.least), value(judged.greatest), judged.holding);
}

// What is worth a line; empty: nothing, it holds in no trial.
std::string judgement_text(const Threshold& threshold, const Judged& judged) {
  if (judged.holds == Holding::yes) return text_of(threshold, judged);
  if (judged.holds == Holding::no) {
    return judged.holding == 0 ? "" : "not by the median: " + text_of(threshold, judged);
  }
  const std::string seen = judged.trials == 0 ? "" : "; " + text_of(threshold, judged);
  return fmt::format("cannot be judged: {}{}", judged.why, seen);
}

}  // namespace

const std::string_view kFailIfHelp =
    "--fail-if is judged in each cell by the median over its trials: p50, p90, p99,\n"
    "p99.9, max (response times; in closed loop service times), throughput (/s),\n"
    "errors (%), cpu (of the side under test, per request), memory (its peak); with\n"
    "<, <=, > or >=, and several between commas.";

void FailIf::define(App& app) {
  app.add_option("--fail-if", typed_,
                 "exit with 1 if this holds in some cell, \"p99>5ms\"; may be repeated")
      .type_name("TEXT")
      .allow_extra_args(false)
      .group("Output");
}

void FailIf::parse() {
  for (const std::string& text : typed_) {
    std::ranges::move(named("--fail-if", [&] { return parse_thresholds(text); }),
                      std::back_inserter(thresholds_));
  }
}

ExitCode FailIf::judge(const result::Result& result, ExitCode so_far) const {
  if (thresholds_.empty() || run::is_interruption(so_far)) return so_far;
  ExitCode found = ExitCode::done;
  for (const result::Cell& cell : result.cells) {
    if (cell.status == result::CellStatus::unsupported) continue;
    const std::vector<Judged> judged = analyze::judge(thresholds_, cell);
    for (std::size_t i = 0; i < judged.size(); ++i) {
      const std::string text = judgement_text(thresholds_[i], judged[i]);
      if (text.empty()) continue;
      complain(fmt::format("--fail-if {}: {}: {}", thresholds_[i].text, cell.id, text));
      if (judged[i].holds == Holding::yes) found = ExitCode::regression;
      if (judged[i].holds == Holding::unknown && found == ExitCode::done) {
        found = ExitCode::inconclusive;
      }
    }
  }
  return so_far == ExitCode::done ? found : so_far;
}

}  // namespace asyncbench::cli
