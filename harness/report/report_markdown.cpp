#include "report/report_markdown.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "analyze/comparison.hpp"
#include "analyze/ranking.hpp"
#include "report/answer.hpp"
#include "report/escape.hpp"
#include "report/export_parts.hpp"
#include "report/figure_text.hpp"
#include "report/remarks.hpp"

namespace asyncbench::report {
namespace {

using analyze::Group;
using result::Cell;

// Below this nothing useful fits.
constexpr std::size_t kBytesLeast = 4096;
// For the line that says what was cut.
constexpr std::size_t kCutLineMax = 256;

// Parts of one kind that are kept or cut from the end on, each as a whole.
struct Parts {
  std::string_view what;  // "details of a point of comparison"
  std::vector<std::string> texts;
  std::size_t kept = 0;

  // Keeps what fits into `room`, and takes that from it.
  void fit(std::size_t& room) {
    while (kept < texts.size() && texts[kept].size() <= room) room -= texts[kept++].size();
  }

  std::string text() const {
    std::string all;
    for (std::size_t i = 0; i < kept; ++i) all += texts[i];
    return all;
  }
};

std::string answer_row(const Answer& answer) {
  const std::string choice = markdown_text(answer.choice);
  return fmt::format(
      "| {} | {} | {} | {} |\n", markdown_text(answer.group),
      choice.empty() ? std::string(name_of(answer.kind)) : fmt::format("**{}**", choice),
      answer.gain.empty() ? "-" : markdown_text(answer.gain),
      answer.reference ? markdown_text(answer.reference->strategy) : "-");
}

// "- **fetch/connections:64**: Take ... Behind: ... But: ... Noise: ..."
std::string sentences_of(const Answer& answer) {
  std::string text = answer.take;
  const auto add = [&](std::string_view label, const std::string& more) {
    if (!more.empty()) text += fmt::format(" {}: {}.", label, more);
  };
  add("Behind", answer.behind);
  add("But", fmt::format("{}", fmt::join(answer.losses, "; ")));
  add("But", answer.peers);
  add("Noise", answer.noise);
  return fmt::format("- **{}**: {}\n", markdown_text(answer.group), markdown_text(text));
}

// All figures of a group, folded.
std::string group_details(const Group& group, const analyze::GroupComparison& comparison) {
  const std::vector<analyze::Figure> columns = columns_of(group);
  std::string head = "| strategy |";
  std::string rule = "|---|";
  for (const analyze::Figure& column : columns) {
    head += fmt::format(" {} |", markdown_text(column.terminal_title()));
    rule += "--:|";
  }
  std::string rows;
  std::string others;
  for (const analyze::Standing& standing : comparison.standings) {
    const Cell* const cell = standing.cell;
    if (cell->valid_trials().empty()) continue;
    rows += fmt::format("| {} |", markdown_text(cell->strategy));
    for (const analyze::Figure& column : columns) {
      const result::Estimate* const estimate = cell->find(column.name);
      const std::string spread = spread_text(estimate, column.unit);
      rows +=
          fmt::format(" {}{}{} |", markdown_text(estimate_text(estimate, column.unit, number_text)),
                      spread.empty() ? "" : "<br>", markdown_text(spread));
    }
    rows += '\n';
  }
  for (const Cell* cell : group.cells) {
    if (status_of(*cell) == "measured") continue;
    others += fmt::format("- {}: {}\n", markdown_text(cell->strategy),
                          markdown_text(why_not_measured(*cell)));
  }
  std::string text = fmt::format("<details><summary>{}</summary>\n\n", markdown_text(group.name));
  if (!rows.empty()) text += fmt::format("{}\n{}\n{}\n", head, rule, rows);
  if (!others.empty()) text += others + '\n';
  return text + "</details>\n";
}

std::string remark_text(const Remark& remark) {
  // Where most cells have a note, the first ones show what it is about.
  constexpr std::size_t kDetailsMax = 8;
  std::string text = fmt::format("- {}\n", markdown_text(remark.text));
  const std::size_t shown = std::min(remark.details.size(), kDetailsMax);
  for (std::size_t i = 0; i < shown; ++i) {
    text += fmt::format("  - {}\n", markdown_text(remark.details[i]));
  }
  if (shown < remark.details.size()) {
    text += fmt::format("  - and {} more\n", remark.details.size() - shown);
  }
  return text;
}

std::string title_of(const result::Result& result) {
  constexpr std::size_t kLongest = 60;
  const std::string suite = result.plan.suite.substr(0, kLongest);
  return fmt::format("### asyncbench{}{}\n\n", suite.empty() ? "" : ": ", markdown_text(suite));
}

// What could not be measured, before anything else is believed.
std::string validity(const result::Result& result) {
  std::string text;
  for (const std::string_view status : {"unsupported", "failed", "invalid"}) {
    const auto count = std::ranges::count(result.cells, status, status_of);
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, status);
  }
  if (text.empty()) return result.cells.empty() ? "The result has no cell.\n\n" : "";
  return fmt::format("Of {} cells: {}.\n\n", result.cells.size(), text);
}

}  // namespace

std::string markdown(const result::Result& result, const MarkdownOptions& options) {
  const analyze::Comparison comparison = analyze::compare_strategies(result, options.against);
  const std::string head = title_of(result) + validity(result);
  constexpr std::string_view kTable =
      "| work | take | by how much | compared with |\n|---|---|---|---|\n";
  constexpr std::string_view kLegend =
      "\nRatios are medians of pairs in blocks, [with their interval across blocks].\n\n";
  constexpr std::string_view kFigures =
      "\nBelow are medians of the trials, \u00b1 the farther end of their interval; &gt;= is a "
      "lower bound,\n? a percentile of too few requests; CPU us, ctx sw and syscall are per "
      "request, of the side under test.\n\n";

  Parts rows{.what = "rows of the answer"};
  Parts sentences{.what = "sentences"};
  for (const Answer& answer : answers_of(comparison)) {
    rows.texts.push_back(answer_row(answer));
    sentences.texts.push_back(sentences_of(answer));
  }
  Parts details{.what = "tables of figures"};
  const std::vector<Group> groups = analyze::groups_of(result);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    details.texts.push_back(group_details(groups[i], comparison.groups[i]));
  }
  Parts remarks{.what = "notes"};
  for (const Remark& remark : remarks_of(result)) remarks.texts.push_back(remark_text(remark));
  Parts machine{.what = "the machine",
                .texts = {fmt::format("\n{}\n", markdown_text(machine_text(result)))}};

  // What matters most takes its room first.
  std::size_t room = std::max(options.bytes_max, kBytesLeast) - kCutLineMax - head.size() -
                     kTable.size() - kLegend.size() - kFigures.size();
  for (Parts* parts : {&rows, &sentences, &machine, &remarks, &details}) parts->fit(room);

  std::string text = head;
  if (rows.kept > 0) text += fmt::format("{}{}{}", kTable, rows.text(), kLegend);
  text += sentences.text();
  if (details.kept > 0) text += fmt::format("{}{}", kFigures, details.text());
  text += remarks.kept > 0 ? "\n" + remarks.text() : "";
  text += machine.text();
  std::string cut;
  for (const Parts* parts : {&rows, &sentences, &details, &remarks, &machine}) {
    if (parts->kept == parts->texts.size()) continue;
    cut += fmt::format("{}{} of {} {}", cut.empty() ? "" : ", ", parts->texts.size() - parts->kept,
                       parts->texts.size(), parts->what);
  }
  if (!cut.empty()) text += fmt::format("\nCut to fit {} bytes: {}.\n", options.bytes_max, cut);
  return text;
}

}  // namespace asyncbench::report
