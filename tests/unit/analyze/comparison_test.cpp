#include "analyze/comparison.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>

#include "analyze/notes.hpp"
#include "analyze/summary.hpp"
#include "cells.hpp"

namespace asyncbench::analyze {
namespace {

using result::Cell;
using result::Result;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

// As many blocks, each figure `speed` times the usual one with noise of its own.
Cell strategy(const std::string& name, double speed, int blocks, std::int64_t seed = 0,
              double spread = 0.02) {
  Cell cell = cell_named(name);
  for (int block = 0; block < blocks; ++block) {
    const double faster = speed * noise(block + seed, spread);
    cell.trials.push_back(
        trial_of({.throughput_per_s = std::round(100'000 * faster),
                  .latency_ns = static_cast<std::int64_t>(100'000 / faster),
                  .cpu_ns = static_cast<std::int64_t>(std::round(5'000'000 / faster)),
                  .peer_ns = 0},
                 block));
  }
  return cell;
}

Cell of_family(Cell cell, std::string family) {
  cell.strategy_info.family = std::move(family);
  return cell;
}

// The cell's trials once more, as those of its twin.
Cell with_twin(Cell cell, double speed, std::int64_t seed) {
  const Cell twin = strategy(cell.strategy, speed, static_cast<int>(cell.trials.size()), seed);
  for (result::Trial trial : twin.trials) {
    trial.kind = result::TrialKind::twin;
    cell.trials.push_back(std::move(trial));
  }
  return cell;
}

Result result_of(std::vector<Cell> cells) {
  Result result;
  result.plan.peer_strategy = "uring";
  result.plan.options = {{"urls", std::string()}};
  result.cells = std::move(cells);
  summarize(result);
  return result;
}

const Standing& standing_of(const GroupComparison& group, const std::string& strategy) {
  for (const Standing& standing : group.standings) {
    if (standing.cell->strategy == strategy) return standing;
  }
  throw std::runtime_error("no such standing");
}

const Contrast& contrast_of(const GroupComparison& group, const std::string& strategy,
                            FigureName figure = kTotalCpu) {
  const Contrast* const found = find(standing_of(group, strategy).contrasts, figure);
  if (found == nullptr) throw std::runtime_error("no such contrast");
  return *found;
}

const FamilyStanding& family_of(const GroupComparison& group, const std::string& name) {
  for (const FamilyStanding& family : group.families) {
    if (family.name == name) return family;
  }
  throw std::runtime_error("no such family");
}

std::vector<std::string> order_of(const GroupComparison& group) {
  std::vector<std::string> names;
  for (const Standing& standing : group.standings) names.push_back(standing.cell->strategy);
  return names;
}

// The only group of a comparison, which points into its result.
struct Compared {
  explicit Compared(std::vector<Cell> cells, const std::string& reference = "")
      : result(result_of(std::move(cells))), comparison(compare_strategies(result, reference)) {}
  const GroupComparison& group() const { return comparison.groups.at(0); }

  Result result;
  Comparison comparison;
};

TEST(Comparison, DecidesAboutADifferenceBeyondTheNoise) {
  const Compared compared({strategy("reference", 1, 8), strategy("slow", 0.8, 8, 3)});
  const Contrast& contrast = contrast_of(compared.group(), "slow");
  EXPECT_EQ(contrast.decision(), Decision::worse);
  EXPECT_NEAR(contrast.judgement.ratio.estimate, 1.25, 0.03) << "above 1 is worse";
  EXPECT_EQ(contrast_of(compared.group(), "slow", kThroughput).decision(), Decision::worse);
  EXPECT_NEAR(contrast_of(compared.group(), "slow", kThroughput).judgement.ratio.estimate, 1.25,
              0.03);
  EXPECT_THAT(compared.group().figures,
              ElementsAre(kTotalCpu, kCpu, kThroughput, kServiceP50, kServiceP99));
}

TEST(Comparison, CallsAStrategyAlikeWithItself) {
  const Compared compared({strategy("a", 1, 20, 1), strategy("b", 1, 20, 4)});
  const Contrast& contrast = contrast_of(compared.group(), "b");
  EXPECT_EQ(contrast.decision(), Decision::alike) << contrast.why;
}

TEST(Comparison, SaysHowManyBlocksAreNeededWhereThereAreTooFew) {
  const Compared compared({strategy("fast", 1, 5), strategy("slow", 0.5, 5)});
  const Contrast& contrast = contrast_of(compared.group(), "slow");
  EXPECT_EQ(contrast.decision(), Decision::undecided);
  EXPECT_THAT(contrast.why, HasSubstr("5 of the 6 pairs"));
}

TEST(Comparison, SaysWhatDecidingWouldTake) {
  const Compared compared({strategy("a", 1, 6, 0, 0.2), strategy("b", 0.97, 6, 3, 0.2)});
  const Contrast& contrast = contrast_of(compared.group(), "b");
  ASSERT_EQ(contrast.decision(), Decision::undecided);
  EXPECT_GT(contrast.judgement.blocks_needed, 6U);
  EXPECT_THAT(contrast.why, HasSubstr("to tell 3 %: --trials " +
                                      std::to_string(*contrast.judgement.blocks_needed)));
}

TEST(Comparison, IsInvalidWithoutValidTrials) {
  Cell broken = strategy("broken", 1, 6);
  for (result::Trial& trial : broken.trials) trial.valid = false;
  const Compared compared({broken, strategy("fast", 1, 6)});
  EXPECT_EQ(compared.group().reference->strategy, "fast");
  EXPECT_EQ(contrast_of(compared.group(), "broken").decision(), Decision::invalid);
  EXPECT_EQ(standing_of(compared.group(), "broken").tier, std::nullopt);
  EXPECT_THAT(order_of(compared.group()), ElementsAre("fast", "broken"));
}

TEST(Comparison, PairsTrialsOfOneBlockAndLeavesOutBlocksThatOneLacks) {
  Cell gaps = strategy("gaps", 0.8, 9);
  gaps.trials.erase(gaps.trials.begin() + 2);
  gaps.trials[4].valid = false;
  const Compared compared({strategy("fast", 1, 9), gaps});
  EXPECT_EQ(contrast_of(compared.group(), "gaps").judgement.blocks, 7U);
}

// A difference that one question in thirty would show by chance.
TEST(Comparison, CountsItsQuestions) {
  std::vector<Cell> cells = {strategy("reference", 1, 6, 0, 0.05),
                             strategy("slow", 0.92, 6, 3, 0.05)};
  const Compared few(cells);
  ASSERT_EQ(contrast_of(few.group(), "slow").decision(), Decision::worse);
  ASSERT_GT(contrast_of(few.group(), "slow").judgement.p, 0.001);
  for (int i = 0; i < 40; ++i) {
    cells.push_back(strategy("same_" + std::to_string(i), 1, 6, i + 3, 0.05));
  }
  const Compared many(cells);
  const Contrast& contrast = contrast_of(many.group(), "slow");
  EXPECT_EQ(contrast.decision(), Decision::undecided);
  EXPECT_THAT(contrast.why, HasSubstr("if it were the only question"));
}

TEST(ComparisonReference, IsNamedOrUsualOrTheFirstThatWasMeasured) {
  const std::vector<Cell> cells = {strategy("epoll", 1, 6), strategy("thread_per_connection", 1, 6),
                                   strategy("uring", 1, 6)};
  const auto reference_of = [](const Compared& compared) {
    return compared.group().reference->strategy;
  };
  EXPECT_EQ(reference_of(Compared(cells)), "thread_per_connection");
  EXPECT_EQ(Compared(cells).group().chosen, ReferenceChoice::usual);
  EXPECT_EQ(reference_of(Compared(cells, "uring")), "uring");
  EXPECT_EQ(reference_of(Compared({cells[0], cells[2]})), "epoll");
  EXPECT_EQ(Compared({cells[0], cells[2]}).group().chosen, ReferenceChoice::first);

  Result planned = result_of(cells);
  planned.plan.options.emplace_back("against", std::string("uring"));
  EXPECT_EQ(compare_strategies(planned).groups[0].reference->strategy, "uring");

  const Compared absent(cells, "curl_multi");
  EXPECT_EQ(reference_of(absent), "thread_per_connection");
  EXPECT_THAT(absent.group().notes, Contains(Field(&result::Note::code, kReferenceAbsent)));
}

TEST(ComparisonOrder, IsThatOfTheRatioThatIsShown) {
  const Compared compared({strategy("reference", 1, 8), strategy("slow", 0.8, 8, 3),
                           strategy("fast", 1.5, 8, 5), strategy("faster", 2, 8, 2)});
  EXPECT_THAT(order_of(compared.group()), ElementsAre("faster", "fast", "reference", "slow"));
  double before = 0;
  for (const Standing& standing : compared.group().standings) {
    const double ratio =
        standing.contrasts.empty() ? 1 : standing.contrasts[0].judgement.ratio.estimate;
    EXPECT_LT(before, ratio);
    before = ratio;
  }
  const Standing& fast = standing_of(compared.group(), "fast");
  ASSERT_EQ(fast.behind.size(), fast.contrasts.size());
  EXPECT_NEAR(fast.behind[0].judgement.ratio.estimate, 4.0 / 3, 0.05) << "against the best";
  EXPECT_THAT(compared.group().standings[0].behind, IsEmpty());
}

TEST(ComparisonTiers, HoldWhatIsAlikeOrNotToldApart) {
  const Compared compared({strategy("a", 1, 12), strategy("b", 1.001, 12, 3),
                           strategy("noisy", 0.95, 12, 5, 0.3), strategy("slow", 0.7, 12, 2),
                           strategy("as_slow", 0.7, 12, 6)});
  const auto tier_of = [&](const char* name) { return standing_of(compared.group(), name).tier; };
  EXPECT_EQ(tier_of("a"), 0U);
  EXPECT_EQ(tier_of("b"), 0U);
  EXPECT_EQ(tier_of("noisy"), 0U);
  EXPECT_EQ(tier_of("slow"), 1U);
  EXPECT_EQ(tier_of("as_slow"), 1U);
}

TEST(ComparisonFamilies, ComeFirstByTheMedianOfTheirMembers) {
  const Compared compared(
      {strategy("thread_per_connection", 1, 8), of_family(strategy("a", 1.2, 8, 1), "loops"),
       of_family(strategy("b", 1.5, 8, 2), "loops"), of_family(strategy("c", 2, 8, 3), "loops"),
       of_family(strategy("d", 0.5, 8, 4), "others")});
  const FamilyStanding& loops = family_of(compared.group(), "loops");
  EXPECT_NEAR(loops.contrasts.at(0).judgement.ratio.estimate, 1 / 1.5, 0.02);
  EXPECT_EQ(loops.contrasts[0].decision(), Decision::better);
  EXPECT_EQ(loops.members.size(), 3U);
  EXPECT_EQ(loops.members[0]->strategy, "c") << "the best first";
  EXPECT_FALSE(loops.one_tier);
  EXPECT_EQ(loops.tier, 0U);
  EXPECT_EQ(compared.group().families[0].name, "loops");
  EXPECT_EQ(compared.group().families[1].name, family::kLongLivedThreads);
  EXPECT_THAT(compared.group().families[1].contrasts, IsEmpty()) << "the reference's own";
  EXPECT_EQ(compared.group().families[2].tier, 2U);
  EXPECT_FALSE(standing_of(compared.group(), "c").in_family);
  EXPECT_NEAR(standing_of(compared.group(), "a").in_family->judgement.ratio.estimate, 2 / 1.2,
              0.05);
}

TEST(ComparisonFamilies, CountTheBlocksThatHaveAllTheirMembers) {
  const Compared compared({strategy("thread_per_connection", 1, 16),
                           of_family(strategy("decided_early", 1.2, 6, 1), "loops"),
                           of_family(strategy("went_on", 1.2, 16, 2), "loops")});
  const FamilyStanding& loops = family_of(compared.group(), "loops");
  EXPECT_EQ(loops.contrasts.at(0).judgement.blocks, 6U);
  EXPECT_TRUE(loops.one_tier);
}

TEST(ComparisonLosses, AreWhatTheBestTierPays) {
  Cell late = strategy("late", 1.3, 12, 1);
  for (result::Trial& trial : late.trials) {
    measure::Histogram latencies;
    latencies.record(200'000 + trial.block, 1000);
    trial.service_time = result::latency_of(latencies);
  }
  const Compared compared(
      {strategy("thread_per_connection", 1, 12), strategy("prompt", 1.3, 12, 4), late});
  const GroupComparison& group = compared.group();
  ASSERT_EQ(group.losses.size(), 1U);
  EXPECT_EQ(group.losses[0].cell->strategy, "late");
  EXPECT_EQ(group.losses[0].against->strategy, "prompt");
  EXPECT_EQ(group.losses[0].contrast.figure, kServiceP99);
  EXPECT_NEAR(group.losses[0].contrast.judgement.ratio.estimate, 2 * 1.3, 0.1);

  // A winner that is alone in its tier is held against the next, and what it costs is said.
  const Compared alone({strategy("thread_per_connection", 1, 12), late});
  ASSERT_EQ(alone.group().standings[0].cell->strategy, "late");
  ASSERT_EQ(alone.group().losses.size(), 1U);
  EXPECT_EQ(alone.group().losses[0].against->strategy, "thread_per_connection");
}

TEST(ComparisonLosses, AreToWhoeverIsMorePunctualWhereAllHaveTheSameSchedule) {
  Cell late = strategy("late", 2, 12, 1);
  Cell punctual = strategy("punctual", 0.7, 12, 2);
  for (const auto& [cell, latency] : {std::pair(&late, 1'000'000), std::pair(&punctual, 20'000)}) {
    for (result::Trial& trial : cell->trials) {
      measure::Histogram latencies;
      latencies.record(latency + trial.block, 1000);
      trial.service_time = result::latency_of(latencies);
    }
  }
  const Cell reference = strategy("thread_per_connection", 1, 12);
  const Compared closed({reference, late, punctual});
  EXPECT_TRUE(std::ranges::none_of(closed.group().losses, [](const Loss& loss) {
    return loss.against->strategy == "punctual";
  })) << "it does less";
  late.paced = true;
  const Compared paced({reference, late, punctual});
  const auto figures_lost_to_punctual = [](const Compared& compared) {
    std::vector<FigureName> figures;
    for (const Loss& loss : compared.group().losses) {
      if (loss.cell->strategy != "late" || loss.against->strategy != "punctual") continue;
      figures.push_back(loss.contrast.figure);
    }
    return figures;
  };
  EXPECT_THAT(figures_lost_to_punctual(paced),
              testing::UnorderedElementsAre(kServiceP50, kServiceP99));

  // Stalls in some trials leave p99 open, and not what is typical.
  for (std::size_t i = 0; i < punctual.trials.size() / 2; ++i) {
    measure::Histogram stalled;
    stalled.record(20'000, 900);
    stalled.record(80'000'000, 100);
    punctual.trials[i].service_time = result::latency_of(stalled);
  }
  const Compared with_stalls({reference, late, punctual});
  EXPECT_THAT(figures_lost_to_punctual(with_stalls), ElementsAre(kServiceP50));
}

TEST(ComparisonNoise, IsWhatTheTwinDiffersBy) {
  const Compared compared(
      {with_twin(strategy("thread_per_connection", 1, 12), 1, 5), strategy("a", 1.3, 12, 3)});
  const GroupComparison& group = compared.group();
  ASSERT_TRUE(group.noise);
  EXPECT_EQ(group.noise->cell->strategy, "thread_per_connection");
  ASSERT_EQ(group.noise->contrasts.size(), group.figures.size());
  EXPECT_NEAR(group.noise->contrasts[0].judgement.ratio.estimate, 1, 0.01);
  EXPECT_EQ(contrast_of(group, "a").decision(), Decision::better);
  EXPECT_EQ(group.reference->summary->trials_timed, 12) << "twins are no trials of the cell";
  EXPECT_FALSE(Compared({strategy("a", 1, 6), strategy("b", 1, 6)}).group().noise);
}

TEST(ComparisonNoise, BeyondChanceMakesTheGroupInvalid) {
  const Compared compared(
      {with_twin(strategy("thread_per_connection", 1, 16), 0.9, 5), strategy("a", 1.3, 16, 3)});
  const GroupComparison& group = compared.group();
  EXPECT_THAT(group.notes, Contains(Field(&result::Note::code, kTwinDiffers)));
  EXPECT_EQ(contrast_of(group, "a").decision(), Decision::invalid);
  EXPECT_THAT(contrast_of(group, "a").why, HasSubstr("the twin of thread_per_connection"));
  EXPECT_EQ(standing_of(group, "a").tier, std::nullopt);
  EXPECT_THAT(undecided_cells(group), IsEmpty()) << "more blocks would not help";
}

TEST(ComparisonGoesOn, WithWhatIsUndecidedAndTheReference) {
  const Compared compared({strategy("thread_per_connection", 1, 6), strategy("slow", 0.5, 6, 3),
                           strategy("noisy", 1, 6, 2, 0.3)});
  std::vector<std::string> names;
  for (const Cell* cell : undecided_cells(compared.group())) names.push_back(cell->strategy);
  EXPECT_THAT(names, testing::UnorderedElementsAre("noisy", "thread_per_connection"));
  const Compared decided({strategy("thread_per_connection", 1, 6), strategy("slow", 0.5, 6, 3)});
  EXPECT_THAT(undecided_cells(decided.group()), IsEmpty());
}

TEST(ComparisonRule, IsThePlans) {
  Result result;
  EXPECT_EQ(rule_of(result).margin, 0.03);
  EXPECT_FALSE(rule_of(result).until_decided) << "results before there was a budget";
  result.plan.options = {{"relevant", std::string("5%")}, {"budget", std::string("10m")}};
  EXPECT_DOUBLE_EQ(rule_of(result).margin, 0.05);
  EXPECT_TRUE(rule_of(result).until_decided);
  result.plan.options[1].second = std::string("0");
  EXPECT_FALSE(rule_of(result).until_decided);
}

TEST(Comparison, GoesByTheCpuOfBothEndsWhereBothAreOurs) {
  Cell shifty = cell_named("shifty");
  Cell honest = cell_named("honest");
  for (int block = 0; block < 6; ++block) {
    shifty.trials.push_back(trial_of({.cpu_ns = 4'000, .peer_ns = 9'000}, block));
    honest.trials.push_back(trial_of({.cpu_ns = 5'000, .peer_ns = 5'000}, block));
  }
  const Compared compared({shifty, honest});
  EXPECT_EQ(compared.group().figures.front(), kTotalCpu);
  EXPECT_THAT(order_of(compared.group()), ElementsAre("honest", "shifty"));
  for (Cell* cell : {&shifty, &honest}) {
    for (result::Trial& trial : cell->trials) trial.peer.reset();
  }
  EXPECT_EQ(Compared({shifty, honest}).group().figures.front(), kCpu);
}

TEST(Comparison, OfTwoResultsIsNeverMoreThanLikely) {
  const Result before = result_of({strategy("uring", 1, 10)});
  const Result after = result_of({strategy("uring", 0.5, 10, 5)});
  const Comparison comparison = compare_results(before, after);
  const Contrast& contrast = comparison.groups.at(0).standings.at(1).contrasts.at(0);
  EXPECT_TRUE(comparison.apart);
  EXPECT_EQ(contrast.decision(), Decision::worse);
  EXPECT_NEAR(contrast.judgement.ratio.estimate, 2, 0.1);
  EXPECT_THAT(comparison.notes, Contains(Field(&result::Note::code, "measured_apart")));
}

TEST(Comparison, NamesCellsThatOnlyOneResultHas) {
  const Result before = result_of({strategy("uring", 1, 6), strategy("asio", 1, 6)});
  const Result after = result_of({strategy("uring", 1, 6), strategy("epoll", 1, 6)});
  const Comparison comparison = compare_results(before, after);
  EXPECT_EQ(comparison.groups.size(), 1U);
  EXPECT_THAT(comparison.missing, testing::UnorderedElementsAre(HasSubstr("strategy:epoll"),
                                                                HasSubstr("strategy:asio")));
}

TEST(Comparison, MarksAWinnerThatWasMeasuredUnderOnePeerAlone) {
  const Result one = result_of({strategy("a", 1, 6), strategy("b", 0.9, 6)});
  Comparison comparison = compare_strategies(one);
  note_peers(comparison, {&one});
  EXPECT_EQ(comparison.groups.at(0).notes.at(0).code, "one_peer");

  Result other = result_of({strategy("a", 0.9, 6), strategy("b", 1, 6)});
  other.plan.peer_strategy = "asio";
  comparison = compare_strategies(one);
  note_peers(comparison, {&one, &other});
  EXPECT_EQ(comparison.groups.at(0).notes.at(0).code, "peers_disagree");
}

// The cell as it was measured with another peer than the plan's.
Cell with_peer(Cell cell, const std::string& peer) {
  cell.parameters.emplace_back(result::kPeerParameter, peer);
  cell.id = result::cell_id(cell.workload, cell.strategy, cell.parameters);
  return cell;
}

std::vector<std::string> peer_notes_of(const Result& result) {
  std::vector<std::string> notes;
  for (const GroupComparison& group : compare_strategies(result).groups) {
    for (const result::Note& note : group.notes) {
      if (note.code.starts_with("peers_")) notes.push_back(note.code + ": " + note.detail);
    }
  }
  return notes;
}

TEST(Comparison, SaysWhereWhichIsBestDependsOnThePeer) {
  const std::string depends =
      "peers_disagree: which is best depends on the peer: b with peer epoll; a with peer uring";
  EXPECT_THAT(peer_notes_of(result_of({strategy("a", 1, 12), strategy("b", 0.8, 12),
                                       with_peer(strategy("a", 0.8, 12), "epoll"),
                                       with_peer(strategy("b", 1, 12), "epoll")})),
              testing::ElementsAre(depends, depends));
  const std::string alike = "peers_agree: among the best with each of the peers epoll, uring: a";
  EXPECT_THAT(peer_notes_of(result_of({strategy("a", 1, 12), strategy("b", 0.8, 12),
                                       with_peer(strategy("a", 1, 12), "epoll"),
                                       with_peer(strategy("b", 1, 12), "epoll")})),
              testing::ElementsAre(alike, alike))
      << "what is not told apart with one peer decides nothing";
  EXPECT_THAT(peer_notes_of(result_of({strategy("a", 1, 12), strategy("b", 0.8, 12)})),
              testing::IsEmpty());
}

}  // namespace
}  // namespace asyncbench::analyze
