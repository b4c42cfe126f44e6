// Whether anything that was measured succeeded. What only failed tells nothing of a strategy: it
// must not pass for a fast one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "result/result.hpp"

namespace asyncbench::result {

// The note of a trial in which requests ended, but none ok.
inline constexpr std::string_view kNothingSucceeded = "nothing_succeeded";

// What failed in the window. Results before version 1.4 tell the outcomes alone.
std::vector<FailureCount> failures_of(const Trial& trial);

// "404 from /nope: 13 of 27; reset from /other: 2 of 27": the most frequent first.
std::string text_of(std::vector<FailureCount> failures, std::uint64_t ended);

// What to do when each request failed so; empty where that is not known.
std::string remedy_for(const std::vector<FailureCount>& failures);

// Makes a valid trial a failed one, with what was seen as its reason, where requests ended but none
// of them ok.
void fail_without_success(Trial& trial);

// Makes a measured cell a failed one, with its reason, where the requests of some trial did nothing
// but fail, and no other had one that ended ok. Whether it did.
bool fail_without_success(Cell& cell);

// Whether the trial has that note.
bool only_failed(const Trial& trial);

}  // namespace asyncbench::result
