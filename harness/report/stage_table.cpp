#include "report/stage_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "analyze/figures.hpp"
#include "report/figure_text.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

// "10s:1000" of "10s:1000,20s:5000".
std::vector<std::string> names_of(const result::StoredPlan& plan) {
  const result::Value* const stages = result::find(plan.options, "stages");
  std::vector<std::string> names;
  if (stages == nullptr) return names;
  std::string text = result::text_of(*stages);
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    names.push_back(text.substr(0, comma));
    text.erase(0, comma + 1);
  }
  return names;
}

class Row {
 public:
  Row(const result::Cell& cell, std::size_t stage)
      : cell_(cell), start_(fmt::format("{}{}_", analyze::kStagePrefix, stage + 1)) {}

  std::string text(std::string_view figure, analyze::Unit unit) const {
    return estimate_text(cell_.find(start_ + std::string(figure)), unit, number_text);
  }
  std::string errors() const {
    const result::Estimate* const share = cell_.find(start_ + "error_share");
    return share == nullptr ? "-" : format_percent(share->median);
  }
  // Unfinished requests stand at their ages: where there are so many, the percentile is no less.
  std::string percentile(std::string_view figure, double percent) const {
    const result::Estimate* const unfinished = cell_.find(start_ + "unfinished_share");
    const bool at_least = unfinished != nullptr && unfinished->median > 1 - percent / 100;
    return (at_least ? ">=" : "") + text(figure, analyze::Unit::time);
  }

 private:
  const result::Cell& cell_;
  std::string start_;
};

}  // namespace

std::string stage_table(const analyze::GroupComparison& group, const result::StoredPlan& plan) {
  constexpr std::string_view kColumns = "{:<{}} {:>8} {:>8} {:>9} {:>9} {:>7}\n";
  const std::vector<std::string> names = names_of(plan);
  std::size_t width = 0;
  for (const analyze::Standing& standing : group.standings) {
    width = std::max(width, printable(standing.cell->strategy).size());
  }
  for (const std::string& name : names) width = std::max(width, name.size() + 6);
  std::string table;
  for (std::size_t stage = 0; stage < names.size(); ++stage) {
    table += fmt::format(kColumns, printable("stage " + names[stage]), width, "offered", "req/s",
                         "resp p50", "resp p99", "errors");
    for (const analyze::Standing& standing : group.standings) {
      const Row row(*standing.cell, stage);
      table += fmt::format(kColumns, printable(standing.cell->strategy), width,
                           row.text("offered_per_s", analyze::Unit::per_s),
                           row.text("throughput_per_s", analyze::Unit::per_s),
                           row.percentile("response_time_p50_ns", 50),
                           row.percentile("response_time_p99_ns", 99), row.errors());
    }
  }
  return table.empty() ? "" : table + '\n';
}

}  // namespace asyncbench::report
