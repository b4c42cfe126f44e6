#include "analyze/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>

#include "analyze/multiplicity.hpp"
#include "analyze/power.hpp"
#include "analyze/ranking.hpp"
#include "analyze/statistics.hpp"
#include "analyze/validity.hpp"

namespace asyncbench::analyze {
namespace {

using result::Cell;
using result::Result;
using result::Trial;

std::string build_of(const Cell& cell) {
  const result::Value* build = result::find(cell.parameters, result::kBuildParameter);
  const auto* name = build == nullptr ? nullptr : std::get_if<std::string>(build);
  return name == nullptr ? "" : *name;
}

std::string id_without_build(const Cell& cell) {
  result::Values parameters = cell.parameters;
  std::erase_if(parameters,
                [](const auto& parameter) { return parameter.first == result::kBuildParameter; });
  return result::cell_id(cell.workload, cell.strategy, parameters);
}

// The same cell under two builds, or in two results.
struct Pair {
  std::string id;
  const Cell* base = nullptr;
  const Cell* candidate = nullptr;
};

std::vector<Pair> pairs_of(const Result& result, std::string_view other) {
  std::vector<Pair> pairs;
  for (const Cell& cell : result.cells) {
    if (build_of(cell) != result::kBaseBuild) continue;
    const std::string id = id_without_build(cell);
    const auto match = std::ranges::find_if(result.cells, [&](const Cell& candidate) {
      return build_of(candidate) == other && id_without_build(candidate) == id;
    });
    if (match != result.cells.end()) pairs.push_back({id, &cell, &*match});
  }
  return pairs;
}

// Its trials only count: it has no times to compare.
bool counts_alone(const Cell& cell) {
  return !cell.trials.empty() && std::ranges::all_of(cell.trials, [](const Trial& trial) {
    return trial.kind == result::TrialKind::count;
  });
}

struct Gated {
  FigureName figure;
  bool advisory;
};

// What fixes its own rate cannot be slower in throughput; its latency and its cost tell.
std::vector<Gated> gated_figures(const Pair& pair) {
  const bool open_loop = pair.base->find(kResponseP99) != nullptr ||
                         std::ranges::any_of(pair.base->trials, [](const Trial& trial) {
                           return trial.response_time.has_value();
                         });
  std::vector<Gated> figures;
  if (!open_loop && !pair.base->paced) figures.push_back({kThroughput, false});
  figures.push_back({open_loop ? kResponseP50 : kServiceP50, false});
  figures.push_back({kCpu, false});
  figures.push_back({open_loop ? kResponseP99 : kServiceP99, true});
  return figures;
}

std::vector<GateRow> rows_of(const Pair& pair, const GateOptions& options) {
  const CellFigures base = figures_of(*pair.base);
  const CellFigures candidate = figures_of(*pair.candidate);
  std::vector<GateRow> rows;
  for (const Gated& gated : gated_figures(pair)) {
    rows.push_back({.cell = pair.id,
                    .figure = gated.figure,
                    .hypothesis = {.log_ratios = log_ratios(base, candidate, gated.figure),
                                   .margin = gated.advisory ? options.margin_p99 : options.margin,
                                   .advisory = gated.advisory},
                    .base = median_of(base, gated.figure),
                    .candidate = median_of(candidate, gated.figure)});
  }
  return rows;
}

std::vector<Hypothesis> hypotheses_of(const std::vector<GateRow>& rows) {
  std::vector<Hypothesis> hypotheses;
  for (const GateRow& row : rows) hypotheses.push_back(row.hypothesis);
  return hypotheses;
}

// Fills in the findings; the worst of them.
Verdict judge(std::vector<GateRow>& rows, double alpha) {
  const std::vector<Hypothesis> hypotheses = hypotheses_of(rows);
  const std::vector<Finding> findings = judge(hypotheses, alpha);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].finding = findings[i];
  return worst(findings, hypotheses);
}

// A figure that is significantly better is significantly worse when the sides change places.
bool differs_either_way(std::vector<GateRow> rows, double alpha) {
  if (judge(rows, alpha) == Verdict::regression) return true;
  for (GateRow& row : rows) {
    for (double& ratio : row.hypothesis.log_ratios) ratio = -ratio;
  }
  return judge(rows, alpha) == Verdict::regression;
}

// Trials of one build that crashed, hung or failed, or in which requests did.
struct Correctness {
  std::size_t errors = 0;  // trials with an error rate above 0.1 %
  std::size_t broken = 0;  // trials without a figure
  std::size_t invalid = 0;
  std::size_t timed = 0;
  bool all_failed = false;  // not one request ended ok
  std::string how;          // all_failed: in words
};

Correctness correctness_of(const Cell& cell) {
  constexpr double kErrorRate = 0.001;
  Correctness found;
  std::uint64_t ok = 0;
  std::uint64_t ended = 0;
  for (const Trial& trial : cell.trials) {
    if (trial.kind != result::TrialKind::timed) continue;
    ++found.timed;
    ended += trial.ended();
    ok += trial.outcome(Outcome::ok);
    if (trial.status == result::TrialStatus::invalid)
      ++found.invalid;
    else if (trial.status != result::TrialStatus::ok)
      ++found.broken;
    const auto failed = static_cast<double>(trial.ended() - trial.outcome(Outcome::ok));
    if (failed > kErrorRate * static_cast<double>(trial.ended())) ++found.errors;
  }
  found.all_failed = found.timed > 0 && ok == 0;
  if (found.all_failed) {
    const std::string& reason = cell.trials.back().reason;
    found.how = ended > 0 || reason.empty() ? "every request failed" : reason;
  }
  return found;
}

class Judge {
 public:
  Judge(const GateOptions& options, double alpha) : options_(options) { report_.alpha = alpha; }

  void add(const Pair& pair) {
    std::ranges::move(compare_counts(pair.id, *pair.base, *pair.candidate, options_.margin_counts),
                      std::back_inserter(report_.counts));
    if (counts_alone(*pair.base) && counts_alone(*pair.candidate)) return;
    std::ranges::move(rows_of(pair, options_), std::back_inserter(report_.rows));
    check_correctness(pair);
  }

  void add_sentinel(const Pair& pair) {
    std::vector<GateRow> rows = rows_of(pair, options_);
    judge(rows, report_.alpha);
    if (differs_either_way(rows, report_.alpha)) {
      say(Verdict::invalid,
          "the sentinel, which is the base itself, differs from the base: this machine is too "
          "disturbed to compare on; see asyncbench doctor");
    }
    report_.sentinel = std::move(rows);
  }

  // A cell that only one side has.
  void add_unpaired(const std::string& cell, std::string_view side, const std::string& why) {
    say(Verdict::inconclusive,
        fmt::format("{}: only the {} has it{}{}", cell, side, why.empty() ? "" : ": ", why));
  }

  GateReport take() {
    if (report_.rows.empty()) {
      say(Verdict::invalid, "nothing was measured under both builds");
      return with_reasons();
    }
    judge(report_.rows, report_.alpha);
    for (const CountRow& row : report_.counts) {
      if (row.verdict != Verdict::regression) continue;
      say(Verdict::regression, fmt::format("{}: {} per request rose from {:.2f} to {:.2f}",
                                           row.cell, row.name, row.base, row.candidate));
    }
    report_.pairs = std::numeric_limits<unsigned>::max();
    for (const GateRow& row : report_.rows) {
      report_.pairs =
          std::min(report_.pairs, static_cast<unsigned>(row.hypothesis.log_ratios.size()));
      explain(row);
    }
    if (options_.has_sentinel) check_sentinel();
    return with_reasons();
  }

 private:
  struct Reason {
    Verdict verdict;
    std::string text;
  };

  void say(Verdict verdict, std::string text) {
    report_.verdict = std::max(report_.verdict, verdict);
    reasons_.push_back({verdict, std::move(text)});
  }

  // The worst first: the headline is the first of them.
  GateReport with_reasons() {
    std::ranges::stable_sort(reasons_, std::ranges::greater(), &Reason::verdict);
    for (Reason& reason : reasons_) report_.reasons.push_back(std::move(reason.text));
    return std::move(report_);
  }

  // What was not measured excludes nothing.
  void check_sentinel() {
    std::size_t pairs = std::numeric_limits<std::size_t>::max();
    for (const GateRow& row : report_.sentinel) {
      if (!row.hypothesis.advisory) pairs = std::min(pairs, row.hypothesis.log_ratios.size());
    }
    const std::size_t needed = fewest_pairs(deciding_figures(report_.sentinel), report_.alpha);
    if (report_.sentinel.empty() || pairs == 0) {
      say(Verdict::invalid,
          "the sentinel, which is the base itself, was not measured: nothing shows that this "
          "machine can compare builds");
    } else if (pairs < needed) {
      say(Verdict::inconclusive, fmt::format("the sentinel: {}", too_few_text(pairs, needed)));
    }
  }

  void explain(const GateRow& row) {
    if (row.hypothesis.advisory) return;
    const Finding& finding = row.finding;
    const std::string title = info_of(row.figure).title();
    if (finding.verdict == Verdict::regression) {
      say(finding.verdict,
          fmt::format("{}: {} {} of the base: worse", row.cell, title, text_of(row.ratio())));
    } else if (finding.verdict == Verdict::inconclusive) {
      say(finding.verdict, fmt::format("{}: {}: {}", row.cell, title, doubt_of(row)));
    }
  }

  std::string doubt_of(const GateRow& row) const {
    switch (row.finding.doubt) {
      case Doubt::clock_resolution:
        return "more than a fifth of the pairs are equal: its steps are too coarse";
      case Doubt::too_few: {
        const std::size_t deciding = deciding_figures(report_.rows);
        return fmt::format(
            "{}, for {} figures",
            too_few_text(row.hypothesis.log_ratios.size(), fewest_pairs(deciding, report_.alpha)),
            deciding);
      }
      case Doubt::noise:
        return fmt::format(
            "too noisy: a slowdown of {} and more would be found, the margin is {}{}",
            slowdown_text(row.finding.smallest_detectable_effect),
            slowdown_text(row.hypothesis.margin), price_text(row));
      case Doubt::borderline:
      case Doubt::none:
        break;
    }
    return fmt::format("borderline: {} of the base, the margin is {}", text_of(row.ratio()),
                       slowdown_text(row.hypothesis.margin));
  }

  // "; about 40 pairs would find that: --pairs 40"
  std::string price_text(const GateRow& row) const {
    const std::vector<double>& ratios = row.hypothesis.log_ratios;
    if (ratios.size() < 2) return "";
    const std::size_t deciding = deciding_figures(report_.rows);
    const std::size_t pairs = pairs_to_detect(robust_deviation(ratios), row.hypothesis.margin,
                                              report_.alpha, deciding, kMostPairs);
    return pairs > kMostPairs
               ? fmt::format("; more than {} pairs would find that", kMostPairs)
               : fmt::format("; about {0} pairs would find that: --pairs {0}", pairs);
  }

  static std::size_t deciding_figures(const std::vector<GateRow>& rows) {
    return static_cast<std::size_t>(
        std::ranges::count_if(rows, [](const GateRow& row) { return !row.hypothesis.advisory; }));
  }

  // A candidate that fails where the base does not is worse, however fast its failures are.
  void check_correctness(const Pair& pair) {
    const Correctness base = correctness_of(*pair.base);
    const Correctness candidate = correctness_of(*pair.candidate);
    constexpr std::size_t kTrials = 3;
    if (base.all_failed && candidate.all_failed) {
      say(Verdict::invalid, fmt::format("{}: under both builds: {}", pair.id, base.how));
    } else if (base.all_failed) {
      say(Verdict::invalid, fmt::format("{}: under the base: {}", pair.id, base.how));
    } else if (candidate.all_failed) {
      say(Verdict::regression,
          fmt::format("{}: under the candidate alone: {}", pair.id, candidate.how));
    }
    if (base.errors == 0 && candidate.errors >= kTrials) {
      say(Verdict::regression,
          fmt::format("{}: more than 0.1 % of the requests fail in {} trials, in none of the base",
                      pair.id, candidate.errors));
    }
    if (base.broken == 0 && candidate.broken >= kTrials) {
      say(Verdict::regression,
          fmt::format("{}: {} trials crashed, hung or failed, none of the base", pair.id,
                      candidate.broken));
    }
    const std::string account = account_difference(*pair.base, *pair.candidate);
    if (!account.empty()) {
      say(Verdict::invalid, fmt::format("{}: {}: the CPU of threads that come and go cannot be "
                                        "compared; use a base that accounts alike",
                                        pair.id, account));
    }
    constexpr std::size_t kFifth = 5;
    for (const auto& [name, found] :
         {std::pair{result::kBaseBuild, base}, {result::kCandidateBuild, candidate}}) {
      if (kFifth * found.invalid > found.timed) {
        say(Verdict::invalid, fmt::format("{}: {} of {} trials of the {} broke an invariant",
                                          pair.id, found.invalid, found.timed, name));
      }
    }
  }

  const GateOptions& options_;
  GateReport report_{.verdict = Verdict::pass};
  std::vector<Reason> reasons_;
};

}  // namespace

std::optional<Ratio> GateRow::ratio() const {
  return ratio_of(figure, exp_of(finding.location), hypothesis.log_ratios.size());
}

GateReport judge_gate(const Result& result, const GateOptions& options) {
  Judge judge(options, options.alpha_a_look());
  for (const Pair& pair : pairs_of(result, result::kCandidateBuild)) judge.add(pair);
  for (const Pair& pair : pairs_of(result, result::kSentinelBuild)) judge.add_sentinel(pair);
  return judge.take();
}

GateReport judge_stored(const Result& base, const Result& candidate, const GateOptions& options) {
  GateOptions without_sentinel = options;
  without_sentinel.has_sentinel = false;
  Judge judge(without_sentinel, options.alpha);
  const auto unsupported = [](const Cell* cell) {
    return cell == nullptr || cell->status == result::CellStatus::unsupported;
  };
  const auto reason = [](const Cell* cell) { return cell == nullptr ? "" : cell->reason; };
  for (const Cell& cell : base.cells) {
    const Cell* const match = candidate.find_cell(cell.id);
    if (!unsupported(&cell) && !unsupported(match)) {
      judge.add({cell.id, &cell, match});
    } else if (!unsupported(&cell)) {
      judge.add_unpaired(cell.id, result::kBaseBuild, reason(match));
    }
  }
  for (const Cell& cell : candidate.cells) {
    const Cell* const match = base.find_cell(cell.id);
    if (unsupported(&cell) || !unsupported(match)) continue;
    judge.add_unpaired(cell.id, result::kCandidateBuild, reason(match));
  }
  GateReport report = judge.take();
  report.stored = true;
  note_builds(report, ingredients_of(base.environment), ingredients_of(candidate.environment));
  return report;
}

void note_builds(GateReport& report, const Ingredients& base, const Ingredients& candidate) {
  std::ranges::move(build_remarks(base, candidate), std::back_inserter(report.remarks));
  const auto one = is_optimized(base);
  const auto other = is_optimized(candidate);
  if (one && other && *one != *other) {
    add_reason(report, Verdict::invalid,
               fmt::format("the {} is {}, the {} is optimized: that alone makes them differ",
                           *one ? result::kCandidateBuild : result::kBaseBuild,
                           unoptimized_text(*one ? candidate : base),
                           *one ? result::kBaseBuild : result::kCandidateBuild));
  }
}

void add_reason(GateReport& report, Verdict verdict, std::string reason) {
  // The worst stand first.
  const bool is_worst = verdict >= report.verdict;
  report.verdict = std::max(report.verdict, verdict);
  report.reasons.insert(is_worst ? report.reasons.begin() : report.reasons.end(),
                        std::move(reason));
}

}  // namespace asyncbench::analyze
