// The answer that a group of strategies comes to, in words: what to take, what lies behind it, what
// it costs elsewhere, and how fine the measurement is. Terminal, page and Markdown print the same
// sentences; what they come from are the fields of analyze::GroupComparison.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyze/comparison.hpp"

namespace asyncbench::report {

enum class AnswerKind : std::uint8_t {
  take,       // the best are better than the reference
  stay,       // the reference is the best
  no_matter,  // nothing differs from the reference by the margin
  open,       // that is undecided
  alone,      // one strategy alone was measured
  nothing,    // nothing valid was measured, or the twin differs from itself
};
std::string_view name_of(AnswerKind kind);

// Everything that it points to belongs to the comparison and its result, which outlive it.
struct Answer {
  std::string group;  // "fetch/connections:64"
  AnswerKind kind = AnswerKind::nothing;
  const result::Cell* reference = nullptr;     // null: nothing was measured
  std::vector<const analyze::Standing*> best;  // the first tier, the best first
  // take, stay: what that is, "readiness loops or uring", and by how much it is ahead of the
  // reference, or of the next: "1.48 [1.12, 1.60] and 1.59 [1.12, 1.66] times the work per CPU".
  std::string choice;
  std::string gain;
  // In plain words, without a full stop but for `take`; empty where there is nothing to say. They
  // hold names as they are: to be escaped as the place demands.
  std::string take;                 // which to take, by how much, and what is open about it
  std::string which;                // the last of this: which of several, "" where it is one
  std::string behind;               // the others, against the reference
  std::vector<std::string> losses;  // what the best pay: one a figure, the largest first
  std::string peers;                // where which is best depends on the peer
  std::string noise;                // how far the same thing differs from itself
};

// `rule`: that of the comparison.
Answer answer_of(const analyze::GroupComparison& group, const analyze::DecisionRule& rule);
std::vector<Answer> answers_of(const analyze::Comparison& comparison);

}  // namespace asyncbench::report
