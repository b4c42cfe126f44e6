#include "analyze/objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "analyze/figures.hpp"

namespace asyncbench::analyze {
namespace {

using result::Trial;

std::string value_text(const Criterion& criterion, double value) {
  if (criterion.aspect != Aspect::response_time) return fmt::format("{:.3g}%", value * 100);
  if (value < 1e3) return fmt::format("{:.0f}ns", value);
  if (value < 1e6) return fmt::format("{:.3g}us", value / 1e3);
  if (value < 1e9) return fmt::format("{:.3g}ms", value / 1e6);
  return fmt::format("{:.3g}s", value / 1e9);
}

std::string name_of(const Criterion& criterion) {
  switch (criterion.aspect) {
    case Aspect::response_time:
      return fmt::format("p{}", criterion.percent);
    case Aspect::error_share:
      return "errors";
    case Aspect::achieved_share:
      return "achieved";
    case Aspect::cpu_share:
      return "cpu";
  }
  return "";
}

bool from_below(const Criterion& criterion) { return criterion.aspect == Aspect::achieved_share; }

bool holds(const Criterion& criterion, double value) {
  if (value == criterion.limit) return criterion.or_equal;
  return from_below(criterion) ? value > criterion.limit : value < criterion.limit;
}

std::string demand(const Criterion& criterion) {
  return fmt::format("{}{} {}", from_below(criterion) ? ">" : "<", criterion.or_equal ? "=" : "",
                     value_text(criterion, criterion.limit));
}

// The share that a criterion is about; empty: not readable, or nothing was due.
std::optional<double> share_of(const Criterion& criterion, const Trial& trial) {
  switch (criterion.aspect) {
    case Aspect::response_time:
      return std::nullopt;
    case Aspect::error_share:
      return error_share(trial);
    case Aspect::achieved_share:
      if (trial.offered_per_s.value_or(0) <= 0) return std::nullopt;
      return trial.throughput_per_s / *trial.offered_per_s;
    case Aspect::cpu_share: {
      const auto cpu = trial.subject.cpu_ns();
      if (!cpu || trial.window_ns <= 0) return std::nullopt;
      return static_cast<double>(*cpu) / static_cast<double>(trial.window_ns);
    }
  }
  return std::nullopt;
}

void judge_share(const Criterion& criterion, const Trial& trial, Attainment& judgement) {
  const std::optional<double> share = share_of(criterion, trial);
  judgement.met = share && holds(criterion, *share);
  if (judgement.met) return;
  judgement.reason = share ? fmt::format("{}: {}, wanted {}", name_of(criterion),
                                         value_text(criterion, *share), demand(criterion))
                           : fmt::format("{} could not be read", name_of(criterion));
}

void judge_percentile(const Criterion& criterion, const Trial& trial, Attainment& judgement) {
  const auto latencies = decoded(trial.response_time, trial.censored_response_time);
  if (!latencies) {
    judgement.met = false;
    judgement.reason = fmt::format("no request ended, so there is no {}", name_of(criterion));
    return;
  }
  const Percentile seen = percentile(*latencies, criterion.percent);
  const auto worst = latencies->if_never_ended(criterion.percent);
  judgement.unresolved |= seen.unresolved && !seen.at_least;
  judgement.met = worst && holds(criterion, static_cast<double>(*worst));
  if (judgement.met) return;
  const auto at_ages = static_cast<double>(seen.value_ns);
  judgement.reason =
      holds(criterion, at_ages)
          ? fmt::format("{} requests were unfinished, so {} may not be {}; use a longer --duration",
                        latencies->all.count() - latencies->completed.count(), name_of(criterion),
                        demand(criterion))
          : fmt::format("{}: {}{}, wanted {}", name_of(criterion), seen.at_least ? ">= " : "",
                        value_text(criterion, at_ages), demand(criterion));
}

}  // namespace

std::string Criterion::text() const { return name_of(*this) + " " + demand(*this); }

Objective::Objective(std::vector<Criterion> criteria) : criteria_(std::move(criteria)) {
  if (std::ranges::find(criteria_, Aspect::achieved_share, &Criterion::aspect) == criteria_.end()) {
    criteria_.push_back(
        {.aspect = Aspect::achieved_share, .limit = kAchievedShare, .or_equal = true});
  }
}

Attainment Objective::judge(const Trial& trial) const {
  Attainment judgement{.met = trial.valid};
  if (!trial.valid) {
    judgement.reason = trial.reason.empty() ? "the trial is invalid" : trial.reason;
    return judgement;
  }
  for (const Criterion& criterion : criteria_) {
    if (criterion.aspect == Aspect::response_time) {
      judge_percentile(criterion, trial, judgement);
    } else {
      judge_share(criterion, trial, judgement);
    }
    if (!judgement.met) break;
  }
  return judgement;
}

std::string Objective::text() const {
  std::string text;
  for (const Criterion& criterion : criteria_) {
    text += (text.empty() ? "" : ", ") + criterion.text();
  }
  return text;
}

}  // namespace asyncbench::analyze
