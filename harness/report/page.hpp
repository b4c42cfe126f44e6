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

// The strategies of a result against one of them.
struct Against {
  std::string reference;
  analyze::Comparison comparison;  // its groups are the result's, in their order
  std::vector<Answer> answers;     // one a group
};

// A result with all that the report derives from it, computed once. The result outlives it.
struct Reported {
  // `reference`: what strategies are compared with at first; "" the result's own choice.
  explicit Reported(const result::Result& of, const std::string& reference = "");

  const result::Result* result;
  std::string label;
  std::vector<analyze::Group> groups;
  std::vector<analyze::Sweep> sweeps;
  // At least one, the first choice first; then every other strategy that something valid is known
  // of.
  std::vector<Against> against;
};

struct PageInput {
  std::vector<Reported> results;  // shown side by side
  // How the first result differs from an earlier one; null: the page has no such section. Its names
  // are labels, its `forced` is in `warnings`.
  const Change* change = nullptr;
  std::vector<std::string> warnings;  // why figures of the results do not compare; "" none
};

// "standard, 2026-11-25T14:12:39Z"
std::string label_of(const result::Result& result);

// The whole file. What comes from a result is foreign text and stays text. Deterministic. Throws
// measure::HdrFormatError when a stored histogram cannot be read.
std::string page(const PageInput& input);

// The parts; harness/report/page/README.md describes both.
std::string page_body(const PageInput& input);
std::string page_data(const PageInput& input);  // JSON, which the file holds packed

}  // namespace asyncbench::report
