// A gate's report for people: on a terminal, and in a pull request.
#pragma once

#include <string>
#include <string_view>

#include "analyze/gate.hpp"
#include "report/terminal.hpp"

namespace asyncbench::report {

std::string_view name_of(analyze::Verdict verdict);  // "pass", "regression" ...

std::string_view name_of(analyze::Unjudged why);  // "many in flight"; "" where it is judged

// "PASS: ..." and why, in one line: what a reader wants first.
std::string gate_headline(const analyze::GateReport& report);

// The counts, the timed figures with their intervals, the sentinel, and the headline last.
std::string gate_text(const analyze::GateReport& report, const Terminal& terminal = {});

// The same as Markdown, the headline first; foreign names cannot become markup. GitHub takes a
// step summary of at most 1 MiB, a comment of 65,536 characters: a gate stays far below.
std::string gate_markdown(const analyze::GateReport& report);

// Workflow commands of GitHub Actions: one line a reason (::error, ::warning), of which a pass has
// none, and one a remark (::notice).
std::string gate_annotations(const analyze::GateReport& report);

}  // namespace asyncbench::report
