// Which strategy wins, by how much, and how sure that is; and what changed between two results.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/figures.hpp"
#include "analyze/paired.hpp"
#include "analyze/price.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

// How sure a contrast is.
enum class Sureness : std::uint8_t {
  clear,          // a difference, also when all questions of the comparison are counted (q = 0.05)
  likely,         // p <= 0.05 as if it were the only question, or measured apart
  no_difference,  // none shown, and one of more than kAlike is excluded
  inconclusive,   // neither; `why` says what would decide it
  invalid,        // a cell has nothing valid to compare
  alone,          // nothing else was measured that it could be compared with
};
std::string_view name_of(Sureness sureness);

// Smaller differences than this are not worth a decision.
inline constexpr double kAlike = 0.05;

// One cell against the reference, in one figure.
struct Contrast {
  FigureName figure = kThroughput;
  std::size_t pairs = 0;
  // The other over the reference in the worse direction, with its 95 % interval: 1.1 is 10 %
  // worse. The ends may be infinite. Meaningless without pairs.
  Location ratio;
  double p = 1;           // two-sided: that there is no difference
  double adjusted_p = 1;  // Benjamini-Hochberg, over all contrasts of the comparison
  Sureness sureness = Sureness::inconclusive;
  std::string why;  // inconclusive, invalid
  // Of telling a difference of kAlike; empty where the spread is not known.
  std::optional<Price> price;
};

// A cell with its contrasts to the group's reference; the reference itself has none.
struct Standing {
  const result::Cell* cell = nullptr;
  const result::Cell* reference = nullptr;
  std::vector<Contrast> contrasts;
};

// Strategies for the same work (the best first), or, between results, one cell as it was and is.
struct GroupComparison {
  std::string name;                 // "fetch/connections:64"
  std::vector<FigureName> figures;  // that are compared, the ranking one first
  std::vector<Standing> standings;
  std::vector<result::Note> notes;  // what weakens the group's verdicts
};

struct Comparison {
  std::vector<GroupComparison> groups;
  std::vector<result::Note> notes;   // about all of it
  std::vector<std::string> missing;  // cells that only one of two results has
};

// Within one result: every strategy of a group against the best, or against `reference` where it is
// named and was measured. Paired by block; the median of the log ratios with the interval of the
// sign test, since strategies may differ in the shape of their distributions. The result outlives
// the comparison and has its summaries.
Comparison compare_strategies(const result::Result& result, const std::string& reference = "");

// The cells that both results have, `after` against `before`. Wilcoxon's signed-rank test with the
// Hodges-Lehmann estimate, on the blocks in their order; whatever changed on the machine between
// the two runs is not in the interval, and nothing is more than likely.
Comparison compare_results(const result::Result& before, const result::Result& after);

// The result's strategies again under other peers: notes, for each group of `comparison`, whether
// its winner holds under the peer strategies of all results, or was measured under one alone.
void note_peers(Comparison& comparison, const std::vector<const result::Result*>& results);

// Why figures of the two cannot be compared: other kernel, CPU, window, threads ... One line each.
std::vector<std::string> incomparable(const result::Result& a, const result::Result& b);

}  // namespace asyncbench::analyze
