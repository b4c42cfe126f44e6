#include "report/answer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "analyze/notes.hpp"
#include "analyze/summary.hpp"
#include "report/figure_text.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using analyze::FigureName;
using analyze::GroupComparison;
using analyze::Standing;
using analyze::Sureness;

bool is_told_apart(Sureness sureness) {
  return sureness == Sureness::clear || sureness == Sureness::likely;
}

// The medians and the pairs disagree about who is better.
bool favours_next(const Contrast& contrast) {
  return is_told_apart(contrast.sureness) && contrast.ratio.estimate < 1;
}

const Contrast* find(const Standing& standing, std::initializer_list<FigureName> figures) {
  for (const Contrast& contrast : standing.contrasts) {
    if (std::ranges::find(figures, contrast.figure) != figures.end()) return &contrast;
  }
  return nullptr;
}

bool is_open_loop(const Answer& answer) { return answer.ranked_by == analyze::kResponseP99; }

// "completes 1.31 [1.27, 1.35] times as many requests per second as asio": what the ranking says,
// after the winner's name.
std::string ranking_clause(const Answer& answer, const std::string& ratio) {
  const std::string& next = answer.next->strategy;
  const analyze::Figure figure = analyze::info_of(answer.ranked_by);
  if (figure.unit == analyze::Unit::requests_per_s) {
    return fmt::format("completes {} times as many requests per second as {}", ratio, next);
  }
  return fmt::format("{} {} times the {} of {}",
                     figure.unit == analyze::Unit::cpu_time ? "costs" : "has", ratio,
                     figure.title(), next);
}

// "0.85 [0.81, 0.90] times the CPU per request (clear)", of a figure beside the ranking.
std::string beside_clause(const Contrast* contrast) {
  if (contrast == nullptr) return "";
  const auto ratio = winner_to_next(*contrast);
  if (!ratio) return "";
  return fmt::format("{} times the {} ({})", text_of(*ratio),
                     analyze::info_of(contrast->figure).title(), name_of(contrast->sureness));
}

// Why the order is not that of throughput; empty where it is.
std::string condition(const Answer& answer, const GroupComparison& group) {
  const auto any = [&](auto&& holds) { return std::ranges::any_of(group.standings, holds); };
  if (is_open_loop(answer)) {
    return std::ranges::find(group.notes, analyze::kOverload, &result::Note::code) ==
                   group.notes.end()
               ? "at equal offered load, "
               : "at an offered load that not all achieved, ";
  }
  if (answer.ranked_by == analyze::kThroughput) return "";
  if (any([](const Standing& standing) { return standing.cell->paced; })) {
    return "at the rate that the work fixes, ";
  }
  return "with the load generator at its limit, ";
}

// Latencies of which only a lower bound is known weaken a ratio of them.
std::string bounds(const Answer& answer) {
  if (answer.p99 == nullptr) return "";
  std::vector<std::string> names;
  for (const result::Cell* cell : {answer.winner, answer.next}) {
    const result::Estimate* const estimate = cell->find(answer.p99->figure);
    if (estimate && estimate->at_least) names.push_back(cell->strategy);
  }
  if (names.empty()) return "";
  return fmt::format("; the {} of {} is a lower bound",
                     analyze::info_of(answer.p99->figure).title(), fmt::join(names, " and of "));
}

std::string sentence_alone(const Answer& answer, const GroupComparison& group) {
  if (answer.winner == nullptr) {
    return group.standings.size() == 1
               ? fmt::format("nothing valid was measured of {}", group.standings[0].cell->strategy)
               : fmt::format("nothing valid was measured of any of {} strategies",
                             group.standings.size());
  }
  const analyze::Figure figure = analyze::info_of(answer.ranked_by);
  const result::Estimate* const estimate = answer.winner->find(figure.name);
  const std::string value =
      estimate ? fmt::format(" ({} {}{})", figure.title(), estimate->at_least ? ">=" : "",
                             figure_text(figure.unit, estimate->median))
               : "";
  return fmt::format("only {} was measured{}: there is nothing to compare it with",
                     answer.winner->strategy, value);
}

std::string sentence_of(const Answer& answer, const GroupComparison& group) {
  if (answer.next == nullptr) return sentence_alone(answer, group);
  const std::string& winner = answer.winner->strategy;
  const std::string& next = answer.next->strategy;
  const std::string ratio = text_of(*winner_to_next(*answer.ranking));
  const std::string how = ranking_clause(answer, ratio);

  std::string text = condition(answer, group);
  if (is_told_apart(answer.sureness)) {
    text += fmt::format("{} {}, the next best ({})", winner, how, name_of(answer.sureness));
  } else if (answer.sureness == Sureness::no_difference) {
    text += fmt::format("{0} and {1} are alike ({2}): {0} {3}", winner, next,
                        name_of(answer.sureness), how);
  } else {
    const std::string why = favours_next(*answer.ranking)
                                ? "the medians favour one, most pairs of trials the other"
                                : answer.ranking->why;
    text += fmt::format("it is open whether {0} or {1} is better ({2}): {0} {3}", winner, next, why,
                        how);
  }
  std::vector<std::string> beside;
  for (const Contrast* contrast : {answer.p99, answer.cpu}) {
    if (contrast == answer.ranking) continue;
    if (std::string clause = beside_clause(contrast); !clause.empty()) {
      beside.push_back(std::move(clause));
    }
  }
  if (!beside.empty()) text += fmt::format("; with {}", fmt::join(beside, " and "));
  return text + bounds(answer);
}

}  // namespace

std::optional<analyze::Ratio> winner_to_next(const Contrast& contrast) {
  analyze::Location inverse = contrast.ratio;
  inverse.estimate = 1 / contrast.ratio.estimate;
  inverse.low = 1 / contrast.ratio.high;
  inverse.high = 1 / contrast.ratio.low;
  return ratio_of(contrast.figure, inverse, contrast.pairs);
}

Answer answer_of(const GroupComparison& group) {
  Answer answer{.group = group.name, .ranked_by = group.figures.front()};
  for (const Standing& standing : group.standings) {
    if (answer.winner == nullptr) answer.winner = standing.reference;
    if (standing.contrasts.empty() || answer.next != nullptr) continue;
    const Contrast& ranking = standing.contrasts.front();
    if (ranking.sureness == Sureness::invalid) continue;
    answer.next = standing.cell;
    answer.ranking = &ranking;
    answer.sureness = favours_next(ranking) ? Sureness::inconclusive : ranking.sureness;
    answer.throughput = find(standing, {analyze::kThroughput});
    answer.p99 = find(standing, {analyze::kServiceP99, analyze::kResponseP99});
    answer.cpu = find(standing, {analyze::kCpu, analyze::kTotalCpu});
  }
  if (answer.winner != nullptr && answer.next == nullptr) answer.sureness = Sureness::alone;
  answer.sentence = sentence_of(answer, group);
  return answer;
}

std::vector<Answer> answers_of(const analyze::Comparison& comparison) {
  std::vector<Answer> answers;
  answers.reserve(comparison.groups.size());
  for (const GroupComparison& group : comparison.groups) answers.push_back(answer_of(group));
  return answers;
}

}  // namespace asyncbench::report
