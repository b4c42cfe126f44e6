#include "analyze/gate_rule.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>

#include "analyze/multiplicity.hpp"
#include "analyze/power.hpp"

namespace asyncbench::analyze {
namespace {

constexpr std::size_t kZerosToleratedIn = 5;  // one in five, 20 %

void conclude(Finding& finding, Verdict verdict, Doubt doubt = Doubt::none) {
  finding.verdict = verdict;
  finding.doubt = doubt;
}

// Why the data decide neither way.
Doubt doubt_of(const Finding& finding, double margin, std::size_t pairs_needed) {
  if (finding.test.pairs - finding.test.zeros < pairs_needed) return Doubt::too_few;
  return finding.smallest_detectable_effect > margin ? Doubt::noise : Doubt::borderline;
}

// Fills in the verdict and the doubt of a finding whose figures are known.
void conclude(Finding& finding, double margin, double alpha, std::size_t pairs_needed) {
  const std::size_t pairs = finding.test.pairs;
  const std::size_t zeros = finding.test.zeros;
  const double tolerated = std::log1p(margin);
  if (pairs < pairs_needed) {
    conclude(finding, Verdict::inconclusive, Doubt::too_few);
  } else if (zeros * kZerosToleratedIn > pairs && zeros < pairs) {
    conclude(finding, Verdict::inconclusive, Doubt::clock_resolution);
  } else if (finding.location.high < tolerated) {
    conclude(finding, Verdict::pass);
  } else if (finding.adjusted_p <= alpha && finding.location.estimate >= tolerated) {
    conclude(finding, Verdict::regression);
  } else {
    conclude(finding, Verdict::inconclusive, doubt_of(finding, margin, pairs_needed));
  }
}

}  // namespace

std::vector<Finding> judge(std::span<const Hypothesis> hypotheses, double alpha) {
  std::vector<Finding> findings;
  std::vector<double> deciding;
  for (const Hypothesis& hypothesis : hypotheses) {
    assert(hypothesis.margin > 0);
    Finding finding{.test = signed_rank(hypothesis.log_ratios),
                    .location = hodges_lehmann(hypothesis.log_ratios, alpha)};
    finding.adjusted_p = finding.test.p_greater;
    if (!hypothesis.advisory) deciding.push_back(finding.test.p_greater);
    findings.push_back(finding);
  }

  const std::vector<double> adjusted = holm(deciding);
  auto next = adjusted.begin();
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const Hypothesis& hypothesis = hypotheses[i];
    if (!hypothesis.advisory) findings[i].adjusted_p = *next++;
    const std::size_t among = hypothesis.advisory ? 1 : deciding.size();
    findings[i].smallest_detectable_effect =
        smallest_detectable_effect(hypothesis.log_ratios, alpha, among);
    conclude(findings[i], hypothesis.margin, alpha, fewest_pairs(among, alpha));
  }
  return findings;
}

Verdict worst(std::span<const Finding> findings, std::span<const Hypothesis> hypotheses) {
  assert(findings.size() == hypotheses.size());
  std::optional<Verdict> found;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (hypotheses[i].advisory) continue;
    if (!found || findings[i].verdict > *found) found = findings[i].verdict;
  }
  return found.value_or(Verdict::inconclusive);
}

}  // namespace asyncbench::analyze
