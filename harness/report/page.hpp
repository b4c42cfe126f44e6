// The report: one HTML file that answers first and shows the pictures after.
#pragma once

#include <string>
#include <vector>

#include "analyze/comparison.hpp"
#include "analyze/summary.hpp"
#include "analyze/sweeps.hpp"
#include "report/answer.hpp"
#include "report/change_text.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

// A result with all that the report derives from it, computed once. The result outlives it.
struct Reported {
  explicit Reported(const result::Result& of);

  const result::Result* result;
  std::string label;  // "standard, 2026-11-25T14:12:39Z"
  std::vector<analyze::Group> groups;
  std::vector<analyze::Sweep> sweeps;
  analyze::Comparison comparison;  // its groups are `groups`, in their order
  std::vector<Answer> answers;     // one a group
};

struct PageInput {
  std::vector<Reported> results;  // shown side by side
  // How the first result differs from an earlier one; null: the page has no such section. Its names
  // are labels, its `forced` is in `warnings`.
  const Change* change = nullptr;
  std::vector<std::string> warnings;  // why figures of the results do not compare; "" none
};

// The whole file. What comes from a result is foreign text and stays text. Deterministic. Throws
// measure::HdrFormatError when a stored histogram cannot be read.
std::string page(const PageInput& input);

// The parts; harness/report/page/README.md describes both.
std::string page_body(const PageInput& input);
std::string page_data(const PageInput& input);  // JSON

}  // namespace asyncbench::report
