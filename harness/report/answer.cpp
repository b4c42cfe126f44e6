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
using analyze::Decision;
using analyze::FigureName;
using analyze::GroupComparison;
using analyze::Standing;
const Contrast* find(const Standing& standing, std::initializer_list<FigureName> figures) {
  for (const Contrast& contrast : standing.behind) {
    if (std::ranges::find(figures, contrast.figure) != figures.end()) return &contrast;
  }
  return nullptr;
}

bool is_open_loop(const Answer& answer) {
  return answer.p99 != nullptr && answer.p99->figure == analyze::kResponseP99;
}

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
                     analyze::info_of(contrast->figure).title(), sureness_of(contrast->decision()));
}

// What the comparison is at; empty for a closed loop.
std::string condition(const Answer& answer, const GroupComparison& group) {
  const auto any = [&](auto&& holds) { return std::ranges::any_of(group.standings, holds); };
  if (is_open_loop(answer)) {
    return std::ranges::find(group.notes, analyze::kOverload, &result::Note::code) ==
                   group.notes.end()
               ? "at equal offered load, "
               : "at an offered load that not all achieved, ";
  }
  return any([](const Standing& standing) { return standing.cell->paced; })
             ? "at the rate that the work fixes, "
             : "";
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
  if (analyze::is_different(*answer.decision)) {
    text += fmt::format("{} {}, the next best ({})", winner, how, sureness_of(*answer.decision));
  } else if (answer.decision == Decision::alike) {
    text += fmt::format("{0} and {1} are alike: {0} {2}", winner, next, how);
  } else {
    text += fmt::format("it is open whether {0} or {1} is better ({2}): {0} {3}", winner, next,
                        answer.ranking->why, how);
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

std::string_view sureness_of(Decision decision, bool apart) {
  if (analyze::is_different(decision)) return apart ? "likely" : "clear";
  return decision == Decision::undecided ? "open" : name_of(decision);
}

std::optional<analyze::Ratio> winner_to_next(const Contrast& contrast) {
  const analyze::Location& ratio = contrast.judgement.ratio;
  analyze::Location inverse = ratio;
  inverse.estimate = 1 / ratio.estimate;
  inverse.low = 1 / ratio.high;
  inverse.high = 1 / ratio.low;
  return ratio_of(contrast.figure, inverse, contrast.judgement.blocks);
}

Answer answer_of(const GroupComparison& group) {
  Answer answer{.group = group.name, .ranked_by = group.figures.front()};
  if (group.reference != nullptr) answer.winner = group.standings.front().cell;
  for (const Standing& standing : group.standings) {
    if (standing.behind.empty() || answer.next != nullptr) continue;
    answer.next = standing.cell;
    answer.ranking = &standing.behind.front();
    answer.decision = answer.ranking->decision();
    answer.throughput = find(standing, {analyze::kThroughput});
    answer.p99 = find(standing, {analyze::kServiceP99, analyze::kResponseP99});
    answer.cpu = find(standing, {analyze::kTotalCpu});
    if (answer.cpu == nullptr) answer.cpu = find(standing, {analyze::kCpu});
  }
  if (answer.winner == nullptr) answer.decision = Decision::invalid;
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
