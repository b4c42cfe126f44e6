// A result as Markdown, for a pull request's comment or a job's summary.
#pragma once

#include <cstddef>
#include <string>

#include "result/result.hpp"

namespace asyncbench::report {

// What GitHub takes: characters of a comment, bytes of a step's summary.
inline constexpr std::size_t kCommentMax = 65'536;
inline constexpr std::size_t kStepSummaryMax = 1024 * 1024;

struct MarkdownOptions {
  // UTF-8 has never fewer bytes than characters. Less than 4 KiB counts as 4 KiB.
  std::size_t bytes_max = kCommentMax;
  std::string against = {};  // the strategy that others are compared with; "": the result's
};

// The answer first: a table of what to take and a sentence for each point of comparison, then,
// folded, the figures of each, then notes and how it was measured. Names cannot become markup. What
// does not fit into the size is cut whole from the end on, details first, and a line says what.
// Needs summaries. Deterministic.
std::string markdown(const result::Result& result, const MarkdownOptions& options = {});

}  // namespace asyncbench::report
