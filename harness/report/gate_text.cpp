#include "report/gate_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "report/escape.hpp"
#include "report/figure_text.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using analyze::CountRow;
using analyze::GateReport;
using analyze::GateRow;
using analyze::Verdict;

std::string value_text(const GateRow& row, const std::optional<double>& value) {
  return value ? figure_text(analyze::info_of(row.figure).unit, *value) : "-";
}

// What decides nothing stands in parentheses.
std::string verdict_text(const GateRow& row) {
  const std::string_view verdict = name_of(row.finding.verdict);
  return row.hypothesis.advisory ? fmt::format("({})", verdict) : std::string(verdict);
}

// "1.50": the candidate's count as a multiple of the base's.
std::string count_change(const CountRow& row) {
  if (!row.is_judged()) return std::string(name_of(row.unjudged));
  if (row.base == 0) return row.candidate == 0 ? "1" : "new";
  return row.candidate == row.base ? "1" : analyze::ratio_number(row.candidate / row.base, 3);
}

std::string_view count_verdict(const CountRow& row) {
  return row.is_judged() ? name_of(row.verdict) : "not judged";
}

Color color_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return Color::good;
    case Verdict::regression:
    case Verdict::invalid:
      return Color::bad;
    case Verdict::inconclusive:
      break;
  }
  return Color::doubtful;
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

std::string method_text(const GateReport& report) {
  std::string text = fmt::format(
      "{} pairs of trials. Ratios are of the candidate to the base, with the interval of Hodges "
      "and "
      "Lehmann ({:g} at each end); a pass excludes a slowdown of the margin, a regression is "
      "significant by Wilcoxon's signed-rank test with Holm's correction and at least the margin. "
      "detect: the smallest slowdown that these pairs would find. In parentheses: decides nothing.",
      report.pairs, report.alpha);
  if (report.stored) {
    text +=
        " The two results were measured at different times: what changed on the machine between "
        "them is not in the intervals. This is weaker than measuring both builds side by side.";
  }
  return text;
}

std::string detectable_text(const GateRow& row) {
  return analyze::slowdown_text(row.finding.smallest_detectable_effect);
}

// Cells in the order of their first rows.
template <class Row>
std::vector<std::string> cells_of(const std::vector<Row>& rows) {
  std::vector<std::string> cells;
  for (const Row& row : rows) {
    if (cells.empty() || cells.back() != row.cell) cells.push_back(row.cell);
  }
  return cells;
}

constexpr const char* kRow = "  {:<11} {:>7} {:>7}  {:<20} {:<6} {:>6} ";

void put_rows(std::string& out, const std::vector<GateRow>& rows, const Terminal& terminal) {
  for (const std::string& cell : cells_of(rows)) {
    out += wrapped(printable(cell), "", terminal.width);
    for (const GateRow& row : rows) {
      if (row.cell != cell) continue;
      out += fmt::format(fmt::runtime(kRow), analyze::info_of(row.figure).short_title(),
                         value_text(row, row.base), value_text(row, row.candidate),
                         text_of(row.ratio()), row.worth(), detectable_text(row));
      out += terminal.paint(verdict_text(row), color_of(row.finding.verdict)) + '\n';
    }
  }
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  static constexpr std::array<std::string_view, 4> kNames = {"pass", "inconclusive", "regression",
                                                             "invalid"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::string_view name_of(analyze::Unjudged why) {
  static constexpr std::array<std::string_view, 4> kNames = {"", "not repeatable", "many in flight",
                                                             "one trial"};
  return kNames[static_cast<std::size_t>(why)];
}

std::string gate_headline(const GateReport& report) {
  if (report.verdict == Verdict::pass) {
    return "PASS: a slowdown of the margin or more is excluded in every gated figure";
  }
  std::string line = upper_case(name_of(report.verdict));
  if (!report.reasons.empty()) line += ": " + report.reasons.front();
  if (report.reasons.size() > 1) line += fmt::format(" (and {} more)", report.reasons.size() - 1);
  return line;
}

std::string gate_text(const GateReport& report, const Terminal& terminal) {
  std::string out;
  if (!report.counts.empty()) {
    out += "Counted per request; judged with one request at a time\n";
    for (const std::string& cell : cells_of(report.counts)) {
      out += wrapped(printable(cell), "", terminal.width);
      for (const CountRow& row : report.counts) {
        if (row.cell != cell) continue;
        out += fmt::format("  {:<17} {:>8} {:>8}  {:<15} ", row.name, format_number(row.base),
                           format_number(row.candidate), count_change(row));
        out += terminal.paint(count_verdict(row),
                              row.is_judged() ? color_of(row.verdict) : Color::doubtful) +
               '\n';
      }
    }
    out += '\n';
  }
  std::string head =
      fmt::format(fmt::runtime(kRow), "Timed", "base", "candid.", "candid. / base", "", "detect");
  head.erase(head.find_last_not_of(' ') + 1);
  out += head + '\n';
  put_rows(out, report.rows, terminal);
  if (!report.sentinel.empty()) {
    out += "\nSentinel: the base against itself\n";
    put_rows(out, report.sentinel, terminal);
  }
  out += '\n' + wrapped(method_text(report), "", terminal.width) + '\n';
  for (const std::string& remark : report.remarks) {
    out += wrapped(printable(remark), "! ", terminal.width);
  }
  for (std::size_t i = 1; i < report.reasons.size(); ++i) {
    out += wrapped(printable(report.reasons[i]), "- ", terminal.width);
  }
  const std::string headline = wrapped(printable(gate_headline(report)), "", terminal.width);
  const std::size_t word = upper_case(name_of(report.verdict)).size();
  return out + terminal.paint(headline.substr(0, word), color_of(report.verdict)) +
         headline.substr(word);
}

std::string gate_markdown(const GateReport& report) {
  std::string out = fmt::format("### asyncbench gate: {}\n\n{}\n\n", name_of(report.verdict),
                                markdown_text(gate_headline(report)));
  for (std::size_t i = 1; i < report.reasons.size(); ++i) {
    out += fmt::format("- {}\n", markdown_text(report.reasons[i]));
  }
  for (const std::string& remark : report.remarks) {
    out += fmt::format("- {}\n", markdown_text(remark));
  }
  if (!report.counts.empty()) {
    out +=
        "\n| cell | counted per request | base | candidate | candidate / base | verdict |\n"
        "|---|---|--:|--:|--:|---|\n";
    for (const CountRow& row : report.counts) {
      out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", markdown_text(row.cell), row.name,
                         format_number(row.base), format_number(row.candidate), count_change(row),
                         count_verdict(row));
    }
  }
  out +=
      "\n| cell | figure | base | candidate | candidate / base | | detectable | verdict |\n"
      "|---|---|--:|--:|--:|---|--:|---|\n";
  const auto put = [&](const std::vector<GateRow>& rows, std::string_view prefix) {
    for (const GateRow& row : rows) {
      out += fmt::format("| {}{} | {} | {} | {} | {} | {} | {} | {} |\n", prefix,
                         markdown_text(row.cell), analyze::info_of(row.figure).title(),
                         value_text(row, row.base), value_text(row, row.candidate),
                         markdown_text(text_of(row.ratio())), row.worth(), detectable_text(row),
                         verdict_text(row));
    }
  };
  put(report.rows, "");
  put(report.sentinel, "sentinel: ");
  return out + '\n' + markdown_text(method_text(report)) + '\n';
}

std::string gate_annotations(const GateReport& report) {
  const char* const command = report.verdict == Verdict::regression ? "error" : "warning";
  std::string out;
  const auto put = [&](const char* kind, const std::string& line) {
    std::string text;
    // Percent signs begin escapes in workflow commands.
    for (const char c : printable(line)) {
      if (c == '%') {
        text += "%25";
      } else {
        text += c;
      }
    }
    out += fmt::format("::{} title=asyncbench gate: {}::{}\n", kind, name_of(report.verdict), text);
  };
  for (const std::string& reason : report.reasons) put(command, reason);
  for (const std::string& remark : report.remarks) put("notice", remark);
  return out;
}

}  // namespace asyncbench::report
