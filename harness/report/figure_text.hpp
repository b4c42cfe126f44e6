// How figures are written for people, and which of them a table of the terminal shows.
#pragma once

#include <string>
#include <vector>

#include "analyze/figures.hpp"
#include "analyze/summary.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

// The columns of a group, after those that tell what a row is.
std::vector<analyze::Figure> columns_of(const analyze::Group& group);

// "fetch: connections 64, body 12B": the work of a cell, as it stands in the result: foreign text.
std::string work_text(const result::Cell& cell);

// A value with its unit: "165k/s", "412us".
std::string figure_text(analyze::Unit unit, double value);

// A value under a heading that names the unit: "165k", "412us", "4.92".
std::string number_text(analyze::Unit unit, double value);

// The median, ">=12.3us?", written by one of the two above; "-" for a figure that is missing.
std::string estimate_text(const result::Estimate* estimate, analyze::Unit unit,
                          std::string (*write)(analyze::Unit, double));

// "±2.1%": the farther end of the interval, as a share of the median; "12.0us..4.50ms" where that
// is more than all of it, so that a share would tell nothing; empty for one value.
std::string spread_text(const result::Estimate* estimate, analyze::Unit unit);

}  // namespace asyncbench::report
