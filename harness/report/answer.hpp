// The answer that a group of strategies comes to: who wins, against whom, by how much and how
// surely, as fields for tables and as a sentence for people.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/comparison.hpp"
#include "analyze/ratio.hpp"

namespace asyncbench::report {

// The winner's figure as a multiple of the next's, in the contrast of the next with the winner.
// Empty without pairs.
std::optional<analyze::Ratio> winner_to_next(const analyze::Contrast& contrast);

// Everything that it points to belongs to the comparison and its result, which outlive it.
struct Answer {
  std::string group;  // "fetch/connections:64"
  // The first of GroupComparison::standings; null where nothing valid was measured.
  const result::Cell* winner = nullptr;
  // The next best that can be compared with it; null where there is none.
  const result::Cell* next = nullptr;
  // What the group is ordered by: GroupComparison::figures has it first.
  analyze::FigureName ranked_by = analyze::kTotalCpu;
  // The next's contrasts with the winner; null where the group is not compared by that figure, or
  // has no next. `ranking` is the one of these three by `ranked_by`.
  const analyze::Contrast* ranking = nullptr;
  const analyze::Contrast* throughput = nullptr;
  const analyze::Contrast* p99 = nullptr;  // of the response time in open loop, else service time
  const analyze::Contrast* cpu = nullptr;  // of both ends where both are ours
  // Of the next against the winner. Empty without a next, invalid without a winner.
  std::optional<analyze::Decision> decision;
  // In plain words, without a full stop. Holds names as they are: to be escaped as the place
  // demands.
  std::string sentence;
};

// "clear", "alike", "open" or "invalid": how sure a contrast is; "likely" where its sides were
// measured apart.
std::string_view sureness_of(analyze::Decision decision, bool apart = false);

Answer answer_of(const analyze::GroupComparison& group);
std::vector<Answer> answers_of(const analyze::Comparison& comparison);

}  // namespace asyncbench::report
