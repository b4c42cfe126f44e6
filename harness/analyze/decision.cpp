#include "analyze/decision.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "analyze/multiplicity.hpp"
#include "analyze/power.hpp"
#include "analyze/statistics.hpp"

namespace asyncbench::analyze {
namespace {

// See level_at().
constexpr double kSpendingExponent = 1.5;

constexpr std::size_t kMostBlocksNeeded = 10'000;

double spent_after(std::size_t blocks, double alpha) {
  const double information =
      std::min(1.0, static_cast<double>(blocks) / static_cast<double>(kLooks.back()));
  return alpha * std::pow(information, kSpendingExponent);
}

// How a look estimates and tests.
struct Test {
  Location (*location)(std::span<const double>, double alpha_each_side);
  double (*p)(std::span<const double>);
};

// From here on the exact test's least p, 2^(1 - 12) = 0.0005, is below every look's level, and far
// enough below to be adjusted for many contrasts.
constexpr std::size_t kExactFrom = 12;

Test test_for(std::size_t blocks) {
  if (blocks < kExactFrom) {
    return {.location = mean_with_t_interval, .p = t_test_p};
  }
  return {.location = hodges_lehmann, .p = [](std::span<const double> differences) {
            return signed_rank(differences).p_two_sided;
          }};
}

Decision decision_of(const Judgement& judgement, const DecisionRule& rule) {
  const Location& ratio = judgement.ratio;
  const bool better = ratio.high < 1;
  const bool worse = ratio.low > 1;
  if (judgement.adjusted_p <= rule.alpha && (better || worse)) {
    const bool relevant = std::abs(std::log(ratio.estimate)) >= std::log1p(rule.margin);
    if (better) return relevant ? Decision::better : Decision::slightly_better;
    return relevant ? Decision::worse : Decision::slightly_worse;
  }
  return judgement.within_margin ? Decision::alike : Decision::undecided;
}

// The looks come first: a run ends at none but these.
std::optional<std::size_t> blocks_to_decide(const Judgement& judgement, const DecisionRule& rule) {
  const std::size_t blocks = judgement.blocks;
  if (blocks < 2) return std::nullopt;
  const auto suffices = [&](std::size_t n) {
    return detectable_effect(judgement.deviation, n, level_at(n, rule) / 2, 1) <= rule.margin;
  };
  if (rule.until_decided) {
    for (const std::size_t look : kLooks) {
      if (look > blocks && suffices(look)) return look;
    }
  }
  std::size_t low = std::max(blocks + 1, rule.until_decided ? kLooks.back() : kLooks.front());
  if (low > kMostBlocksNeeded || !suffices(kMostBlocksNeeded)) return std::nullopt;
  std::size_t high = kMostBlocksNeeded;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (suffices(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

void settle(Judgement& judgement, const DecisionRule& rule) {
  judgement.decision = decision_of(judgement, rule);
  judgement.blocks_needed =
      judgement.decision == Decision::undecided ? blocks_to_decide(judgement, rule) : std::nullopt;
}

}  // namespace

std::string_view name_of(Decision decision) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "better", "slightly better", "alike", "slightly worse", "worse", "undecided", "invalid"};
  return kNames[static_cast<std::size_t>(decision)];
}

bool is_better(Decision decision) {
  return decision == Decision::better || decision == Decision::slightly_better;
}

bool is_worse(Decision decision) {
  return decision == Decision::worse || decision == Decision::slightly_worse;
}

bool is_different(Decision decision) { return is_better(decision) || is_worse(decision); }

std::optional<std::size_t> next_look(std::size_t blocks) {
  const auto* const next = std::ranges::upper_bound(kLooks, blocks);
  return next == kLooks.end() ? std::nullopt : std::optional(*next);
}

double level_at(std::size_t blocks, const DecisionRule& rule) {
  if (blocks < kLooks.front()) return 0;
  if (!rule.until_decided) return rule.alpha;
  const auto* const after = std::ranges::upper_bound(kLooks, blocks);
  const auto looks = static_cast<std::size_t>(after - kLooks.begin());
  const double before = looks < 2 ? 0 : spent_after(kLooks[looks - 2], rule.alpha);
  return spent_after(blocks, rule.alpha) - before;
}

Judgement decide(std::span<const double> log_ratios, const DecisionRule& rule) {
  assert(rule.margin > 0 && rule.alpha > 0 && rule.alpha < 0.5);
  const std::size_t blocks = log_ratios.size();
  Judgement judgement{.blocks = blocks};
  if (blocks == 0) return judgement;
  if (blocks >= 2) judgement.deviation = standard_deviation(log_ratios);
  const double level = level_at(blocks, rule);
  if (level == 0) {
    judgement.ratio = exp_of(locate({}, 0));
    judgement.ratio.estimate = std::exp(median(log_ratios));
    judgement.ratio.alpha_each_side = rule.alpha / 2;
  } else {
    const Test test = test_for(blocks);
    judgement.ratio = exp_of(test.location(log_ratios, level / 2));
    judgement.p = std::min(1.0, test.p(log_ratios) * rule.alpha / level);
    const Location one_sided = test.location(log_ratios, level);
    const double limit = std::log1p(rule.margin);
    judgement.within_margin = one_sided.low > -limit && one_sided.high < limit;
  }
  judgement.adjusted_p = judgement.p;
  settle(judgement, rule);
  return judgement;
}

void decide_together(std::span<Judgement* const> judgements, const DecisionRule& rule) {
  std::vector<Judgement*> valid;
  std::vector<double> p;
  for (Judgement* judgement : judgements) {
    if (judgement->decision == Decision::invalid) continue;
    valid.push_back(judgement);
    p.push_back(judgement->p);
  }
  const std::vector<double> adjusted = benjamini_hochberg(p);
  for (std::size_t i = 0; i < valid.size(); ++i) {
    valid[i]->adjusted_p = adjusted[i];
    settle(*valid[i], rule);
  }
}

}  // namespace asyncbench::analyze
