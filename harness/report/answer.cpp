#include "report/answer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "analyze/notes.hpp"
#include "analyze/price.hpp"
#include "report/contrast_text.hpp"
#include "report/figure_text.hpp"

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using analyze::Decision;
using analyze::FamilyStanding;
using analyze::GroupComparison;
using analyze::Standing;

// "a", "a or b", "a, b or c".
std::string joined(const std::vector<std::string>& names, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? fmt::format(" {} ", last) : ", ";
    text += names[i];
  }
  return text;
}

std::vector<std::string> names_of(const std::vector<const Standing*>& standings) {
  std::vector<std::string> names;
  for (const Standing* standing : standings) names.push_back(standing->cell->strategy);
  return names;
}

// By the ranking figure; null for the reference itself.
const Contrast* ranking_of(const Standing& standing) {
  return standing.contrasts.empty() ? nullptr : &standing.contrasts.front();
}

std::string percent(double share) {
  return share > 0 && share < 0.0095 ? fmt::format("{:.1f} %", 100 * share)
                                     : fmt::format("{:.0f} %", 100 * share);
}

class Writer {
 public:
  Writer(const GroupComparison& group, const analyze::DecisionRule& rule)
      : group_(group), rule_(rule) {
    for (const Standing& standing : group.standings) {
      if (!standing.tier) continue;
      measured_.push_back(&standing);
      const Contrast* const ranking = ranking_of(standing);
      if (ranking == nullptr) continue;
      const Decision decision = ranking->decision();
      if (is_better(decision)) ahead_.push_back(&standing);
      if (is_worse(decision)) worse_.push_back(&standing);
      if (decision == Decision::alike) alike_.push_back(&standing);
      if (decision == Decision::undecided) open_.push_back(&standing);
    }
  }

  Answer answer() const {
    Answer answer{.group = group_.name, .kind = kind(), .reference = group_.reference};
    answer.best = answer.kind == AnswerKind::take ? best_ahead() : best();
    if (answer.kind == AnswerKind::take) {
      choose(answer);
      answer.which = which();
    }
    if (answer.kind == AnswerKind::stay) answer.choice = reference();
    answer.take = take(answer);
    if (answer.kind == AnswerKind::nothing || answer.kind == AnswerKind::alone) return answer;
    answer.behind = behind(answer);
    for (const analyze::Loss& loss : group_.losses) {
      const bool is_best =
          std::ranges::find(answer.best, loss.cell, &Standing::cell) != answer.best.end();
      if (is_best) answer.losses.push_back(loss_text(loss));
    }
    answer.peers = peers();
    answer.noise = noise();
    return answer;
  }

 private:
  using Standings = std::vector<const Standing*>;

  AnswerKind kind() const {
    if (group_.reference == nullptr || measured_.empty()) return AnswerKind::nothing;
    if (measured_.size() == 1) return AnswerKind::alone;
    if (!ahead_.empty() || !leading_families().empty()) return AnswerKind::take;
    if (!open_.empty()) return AnswerKind::open;
    if (!alike_.empty()) return AnswerKind::no_matter;
    return worse_.empty() ? AnswerKind::nothing : AnswerKind::stay;
  }

  std::string take(const Answer& answer) const {
    switch (answer.kind) {
      case AnswerKind::take:
        return fmt::format("Take {}: {} of {}.{}{}", answer.choice, answer.gain, reference(),
                           answer.which.empty() ? "" : " ", answer.which);
      case AnswerKind::stay:
        return fmt::format("Stay with {}: nothing does better. The next, {}, {}.", reference(),
                           worse_.front()->cell->strategy,
                           gain_text(*ranking_of(*worse_.front()), reference()));
      case AnswerKind::no_matter:
        return fmt::format("No reason to move from {}: {} differ{} from it by less than {}.",
                           reference(), some(alike_, "and"), alike_.size() == 1 ? "s" : "",
                           percent(rule_.margin));
      case AnswerKind::open:
        return fmt::format("Open whether {} do{} better than {}: {}.", some(open_, "or"),
                           open_.size() == 1 ? "es" : "", reference(),
                           what_is_open(rankings_of(open_)));
      case AnswerKind::alone:
        return alone();
      case AnswerKind::nothing:
        break;
    }
    return nothing();
  }

  const std::string& reference() const { return group_.reference->strategy; }

  // More names than these are counted, not listed: the table has them.
  static constexpr std::size_t kFew = 3;

  static std::string some(const Standings& standings, std::string_view last) {
    return standings.size() <= kFew ? joined(names_of(standings), last)
                                    : fmt::format("{} strategies", standings.size());
  }

  static std::vector<const Contrast*> rankings_of(const Standings& standings) {
    std::vector<const Contrast*> contrasts;
    for (const Standing* standing : standings) {
      if (const Contrast* ranking = ranking_of(*standing)) contrasts.push_back(ranking);
    }
    return contrasts;
  }

  // The first tier.
  Standings best() const {
    Standings best;
    std::ranges::copy_if(measured_, std::back_inserter(best),
                         [](const Standing* standing) { return standing->tier == 0U; });
    return best;
  }

  // Those of the first tier that are better than the reference, or else all that are.
  Standings best_ahead() const {
    Standings best;
    std::ranges::copy_if(ahead_, std::back_inserter(best),
                         [](const Standing* standing) { return standing->tier == 0U; });
    return best.empty() ? ahead_ : best;
  }

  // Families that are better than the reference and not told apart from the best of them.
  std::vector<const FamilyStanding*> leading_families() const {
    std::vector<const FamilyStanding*> leading;
    for (const FamilyStanding& family : group_.families) {
      if (family.tier == 0U && !family.contrasts.empty() &&
          is_better(family.contrasts.front().decision())) {
        leading.push_back(&family);
      }
    }
    return leading;
  }

  // The best strategies; by the family's name where all of a leading one are among them, or where
  // families alone are told apart. In the order of their names: which of them is the best is open,
  // and should read alike wherever it is.
  void choose(Answer& answer) const {
    std::vector<std::pair<std::string, const Contrast*>> chosen;
    Standings rest = best_ahead();
    const bool families_alone = rest.empty();
    for (const FamilyStanding* family : leading_families()) {
      const auto is_member = [&](const Standing* standing) {
        return std::ranges::find(family->members, standing->cell) != family->members.end();
      };
      const auto members = static_cast<std::size_t>(std::ranges::count_if(rest, is_member));
      if (members < family->members.size() && !families_alone) continue;
      chosen.emplace_back(
          family->members.size() == 1 ? family->members.front()->strategy : family->name,
          &family->contrasts.front());
      std::erase_if(rest, is_member);
    }
    for (const Standing* standing : rest) {
      chosen.emplace_back(standing->cell->strategy, ranking_of(*standing));
    }
    std::ranges::sort(chosen, {}, [](const auto& pair) { return pair.first; });
    std::vector<std::string> names;
    std::vector<std::string> texts;
    std::vector<const Contrast*> contrasts;
    for (const auto& [name, contrast] : chosen) {
      names.push_back(name);
      texts.push_back(text_of(gain_ratio(*contrast)));
      contrasts.push_back(contrast);
    }
    const bool few = chosen.size() <= kFew;
    answer.choice =
        few ? joined(names, "or") : fmt::format("any of the first {}", best_ahead().size());
    const std::string ratios = few ? joined(texts, "and") : gain_range(contrasts);
    const bool slightly = std::ranges::all_of(contrasts, [](const Contrast* contrast) {
      return contrast->decision() == Decision::slightly_better;
    });
    answer.gain = fmt::format("{}{} times the {}", slightly ? "slightly better, " : "", ratios,
                              gain_noun(group_.figures.front()));
  }

  // Which of the strategies, where several are the best.
  std::string which() const {
    const Standings best = best_ahead();
    if (best.size() < 2) return "";
    std::vector<const Contrast*> to_best;
    for (const Standing* standing : best) {
      if (!standing->behind.empty()) to_best.push_back(&standing->behind.front());
    }
    const bool open = std::ranges::any_of(
        to_best, [](const Contrast* one) { return one->decision() == Decision::undecided; });
    return open
               ? fmt::format("Which of the first {}: open, {}.", best.size(), what_is_open(to_best))
               : fmt::format("Which of the first {} makes no difference: less than {}.",
                             best.size(), percent(rule_.margin));
  }

  // "within 3 %; to tell 3 %: --trials 54 (about 12 min)"
  std::string what_is_open(const std::vector<const Contrast*>& contrasts) const {
    double farthest = 0;
    const Contrast* dearest = nullptr;
    for (const Contrast* contrast : contrasts) {
      farthest = std::max(farthest, std::abs(std::log(contrast->judgement.ratio.estimate)));
      if (contrast->decision() != Decision::undecided) continue;
      const auto blocks = [](const Contrast& one) { return one.price ? one.price->blocks : 0; };
      if (dearest == nullptr || blocks(*contrast) > blocks(*dearest)) dearest = contrast;
    }
    constexpr double kNear = 0.3;
    const std::string text = std::expm1(farthest) < kNear
                                 ? fmt::format("within {}", percent(std::expm1(farthest)))
                                 : gain_range(contrasts) + " times";
    if (dearest == nullptr) return text;
    const std::size_t blocks = dearest->judgement.blocks;
    if (blocks < analyze::kLooks.front()) {
      return fmt::format("{}; {}", text, analyze::too_few_text(blocks, analyze::kLooks.front()));
    }
    if (dearest->price) return fmt::format("{}; {}", text, text_of(*dearest->price));
    return dearest->why.empty() ? text : fmt::format("{}; {}", text, dearest->why);
  }

  std::string alone() const {
    const result::Cell& only = *measured_.front()->cell;
    const analyze::Figure figure = analyze::info_of(group_.figures.front());
    const result::Estimate* const estimate = only.find(figure.name);
    const std::string value = estimate == nullptr
                                  ? ""
                                  : fmt::format(" ({} {})", figure.title(),
                                                estimate_text(estimate, figure.unit, figure_text));
    return fmt::format("Only {} was measured{}: there is nothing to compare it with.",
                       only.strategy, value);
  }

  std::string nothing() const {
    for (const Contrast* ranking : rankings_of(measured_)) {
      if (!ranking->why.empty()) return fmt::format("No answer: {}.", ranking->why);
    }
    return group_.standings.size() == 1
               ? fmt::format("Nothing valid was measured of {}.",
                             group_.standings.front().cell->strategy)
               : fmt::format("Nothing valid was measured of any of {} strategies.",
                             group_.standings.size());
  }

  // The strategies that `take` does not speak of, as multiples of the reference: what is ahead of
  // it, like it, open and worse.
  std::string behind(const Answer& answer) const {
    std::vector<std::string> parts;
    const auto put = [&](Standings standings, std::string_view words) {
      std::erase_if(standings, [&](const Standing* standing) {
        return std::ranges::find(answer.best, standing) != answer.best.end();
      });
      if (standings.empty()) return;
      parts.push_back(fmt::format("{}: {}{}", fmt::join(names_of(standings), ", "),
                                  gain_range(rankings_of(standings)), words));
    };
    put(ahead_, "");
    put(alike_, fmt::format(" (alike with {})", reference()));
    if (answer.kind != AnswerKind::open) {
      put(open_, fmt::format(" (not told apart from {})", reference()));
    }
    put(worse_, "");
    return fmt::format("{}", fmt::join(parts, "; "));
  }

  // "libuv: service time p99 1.58 [1.17, 2.13] times asio_coro's"
  static std::string loss_text(const analyze::Loss& loss) {
    return fmt::format("{}: {} {} times {}'s", loss.cell->strategy,
                       analyze::info_of(loss.contrast.figure).title(), ratio_text(loss.contrast),
                       loss.against->strategy);
  }

  std::string peers() const {
    const auto note = std::ranges::find(group_.notes, analyze::kPeersDisagree, &result::Note::code);
    return note == group_.notes.end() ? "" : note->detail;
  }

  std::string noise() const {
    if (group_.noise) {
      std::vector<std::string> ratios;
      for (const Contrast& contrast : group_.noise->contrasts) {
        const bool is_shown =
            contrast.figure == group_.figures.front() || contrast.figure == analyze::kThroughput ||
            contrast.figure == analyze::kServiceP99 || contrast.figure == analyze::kResponseP99;
        if (contrast.decision() == Decision::invalid || !is_shown) continue;
        ratios.push_back(
            fmt::format("{} {}", gain_noun(contrast.figure), text_of(gain_ratio(contrast))));
      }
      return fmt::format("{} against itself: {}", group_.noise->cell->strategy,
                         fmt::join(ratios, ", "));
    }
    double widest = 0;
    for (const Standing* standing : measured_) {
      const result::Estimate* const estimate = standing->cell->find(group_.figures.front());
      if (estimate == nullptr || estimate->low <= 0) continue;
      widest = std::max(widest, estimate->high / estimate->low - 1);
    }
    return fmt::format("trials of one strategy differ by up to {}; no twin took part",
                       percent(widest));
  }

  const GroupComparison& group_;
  const analyze::DecisionRule& rule_;
  // In the order of the group, those with the reference by the ranking figure's decision.
  Standings measured_;
  Standings ahead_;
  Standings alike_;
  Standings open_;
  Standings worse_;
};

}  // namespace

std::string_view name_of(AnswerKind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {"take", "stay",  "no matter",
                                                             "open", "alone", "nothing"};
  return kNames[static_cast<std::size_t>(kind)];
}

Answer answer_of(const GroupComparison& group, const analyze::DecisionRule& rule) {
  return Writer(group, rule).answer();
}

std::vector<Answer> answers_of(const analyze::Comparison& comparison) {
  std::vector<Answer> answers;
  answers.reserve(comparison.groups.size());
  for (const GroupComparison& group : comparison.groups) {
    answers.push_back(answer_of(group, comparison.rule));
  }
  return answers;
}

}  // namespace asyncbench::report
