// Whether a later result is better or worse than an earlier one.
#pragma once

#include <string>
#include <string_view>

#include "report/change_text.hpp"

namespace asyncbench::report {

struct ChangeVerdict {
  std::string_view word;  // "WORSE?", "BETTER?", "MIXED?", "OPEN", "ALIKE"
  Color color = Color::none;
  // What each figure did, and why nothing is sure, as sentences. Holds names as they are.
  std::string text;
  // The gate that would decide it, as a command line; empty where nothing is open.
  std::string command;
};

ChangeVerdict verdict_of(const Change& change);

// A difference was shown.
bool is_told(const analyze::Contrast& contrast);
bool is_worse(const analyze::Contrast& contrast);
// Too few pairs for an interval, or none at all.
bool has_too_few(const analyze::Contrast& contrast);
// The cell as it is, with its contrasts to what it was.
const analyze::Standing& standing_of(const analyze::GroupComparison& group);
// Those to speak of: the CPU of one side is part of that of both.
std::vector<const analyze::Contrast*> contrasts_of(const analyze::GroupComparison& group);

}  // namespace asyncbench::report
