// The answer, and each strategy beside the best.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "analyze/ranking.hpp"
#include "report/escape.hpp"
#include "report/figure_text.hpp"
#include "report/format.hpp"
#include "report/page_sections.hpp"

namespace asyncbench::report {
namespace {

using analyze::FigureName;
using analyze::Group;
using result::Cell;

std::string workload_html(const Reported& reported, const Cell& cell) {
  const std::string parameters = parameters_html(reported, cell, false);
  return fmt::format(
      "<b>{}</b>{}", xml_text(cell.workload),
      parameters.empty() ? "" : fmt::format(" <span class=\"parameters\">{}</span>", parameters));
}

std::string answer_row(const Reported& reported, const Group& group, const Answer& answer) {
  const auto or_dash = [](const std::string& text) {
    return text.empty() ? std::string("–") : xml_text(text);
  };
  return fmt::format(
      "<tr><th scope=\"row\">{}</th><td><b>{}</b></td><td>{}<span class=\"over\">{}</span></td>"
      "<td>{}</td><td>{}</td></tr>\n",
      workload_html(reported, *group.cells.front()), or_dash(answer.choice), or_dash(answer.gain),
      answer.reference == nullptr ? "" : "of " + xml_text(answer.reference->strategy),
      or_dash(fmt::format("{}", fmt::join(answer.losses, "; "))),
      sureness_html(name_of(answer.kind)));
}

// "fetch, connections 64: Take ... Behind: ... Noise: ..."
std::string sentences_html(const Reported& reported) {
  std::string list;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < reported.groups.size() && shown < kRowsShown; ++i, ++shown) {
    const Answer& answer = reported.answers[i];
    std::string text = answer.take;
    if (!answer.behind.empty()) text += fmt::format(" Behind: {}.", answer.behind);
    if (!answer.noise.empty()) text += fmt::format(" Noise: {}.", answer.noise);
    list += fmt::format("<li>{}: {}</li>\n",
                        workload_html(reported, *reported.groups[i].cells.front()), xml_text(text));
  }
  return list.empty() ? "" : fmt::format("<ul class=\"sentences\">\n{}</ul>\n", list);
}

// The median of a cell by what its group is ordered by.
std::optional<double> median_of(const Cell& cell, FigureName figure) {
  if (cell.status != result::CellStatus::measured) return std::nullopt;
  const result::Estimate* const estimate = cell.find(figure);
  return estimate ? std::optional(estimate->median) : std::nullopt;
}

std::string share_html(const Cell* cell, const analyze::Figure& figure, double best) {
  if (cell == nullptr) return "<td class=\"absent\">–</td>";
  const std::optional<double> own = median_of(*cell, figure.name);
  if (!own) {
    const std::string state = state_of(*cell);
    return fmt::format("<td class=\"{0}\" title=\"{1}\">{0}</td>", state, xml_text(cell->reason));
  }
  const bool higher = figure.higher_is_better.value_or(false);
  const double share = *own <= 0 ? 0 : higher ? *own / best : best / *own;
  return fmt::format("<td class=\"share s{:.0f}{}\" title=\"{} {}\">{:.0f}\u00a0%</td>",
                     std::floor(share * 10 + 1e-9), share >= 1 ? " best" : "",
                     xml_text(figure.title()), xml_text(figure_text(figure.unit, *own)),
                     std::floor(share * 100 + 1e-9));
}

// A name that a narrow column may break after its underscores.
std::string breakable(const std::string& name) {
  std::string text = xml_text(name);
  for (std::size_t at = text.find('_'); at != std::string::npos; at = text.find('_', at + 1)) {
    text.insert(at + 1, "<wbr>");
  }
  return text;
}

std::string matrix_of(const Reported& reported) {
  std::vector<std::string> strategies;
  for (const Cell& cell : reported.result->cells) {
    if (std::ranges::find(strategies, cell.strategy) == strategies.end()) {
      strategies.push_back(cell.strategy);
    }
  }
  std::string head = "<th scope=\"col\">Workload</th><th scope=\"col\">by</th>";
  for (const std::string& name : strategies) {
    head += fmt::format("<th scope=\"col\">{}</th>", breakable(name));
  }
  std::vector<std::string> rows;
  for (const Group& group : reported.groups) {
    const analyze::Figure figure = analyze::info_of(analyze::ranking_of(group));
    std::vector<double> medians;
    for (const Cell* cell : group.cells) {
      if (const auto median = median_of(*cell, figure.name)) medians.push_back(*median);
    }
    const double best = medians.empty()                           ? 0
                        : figure.higher_is_better.value_or(false) ? std::ranges::max(medians)
                                                                  : std::ranges::min(medians);
    std::string row =
        fmt::format("<tr><th scope=\"row\">{}</th><td class=\"by\">{}</td>",
                    workload_html(reported, *group.cells.front()), xml_text(figure.short_title()));
    for (const std::string& name : strategies) {
      const auto cell = std::ranges::find(group.cells, name, &Cell::strategy);
      row += share_html(cell == group.cells.end() ? nullptr : *cell, figure, best);
    }
    rows.push_back(row + "</tr>\n");
  }
  return folded_table("matrix", head, rows);
}

}  // namespace

std::string state_of(const Cell& cell) {
  if (cell.status == result::CellStatus::unsupported) return "unsupported";
  if (cell.status == result::CellStatus::failed) return "failed";
  return "invalid";
}

std::string parameters_html(const Reported& reported, const Cell& cell, bool all) {
  std::vector<std::string> parts;
  const auto is_shared = [&](const auto& parameter) {
    return std::ranges::all_of(reported.result->cells, [&](const Cell& other) {
      return other.workload != cell.workload ||
             std::ranges::find(other.parameters, parameter) != other.parameters.end();
    });
  };
  for (const auto& parameter : cell.parameters) {
    if (!all && is_shared(parameter)) continue;
    const auto& [name, value] = parameter;
    const auto* number = std::get_if<std::int64_t>(&value);
    const std::string text = number != nullptr && *number >= 1024 && name.ends_with("_bytes")
                                 ? format_bytes(static_cast<double>(*number))
                                 : result::text_of(value);
    parts.push_back(xml_text(fmt::format("{} {}", name, text)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string sureness_html(std::string_view sureness) {
  // "open" is the name of what is open in HTML.
  const std::string_view name = sureness == "open" ? "inconclusive" : sureness;
  return fmt::format("<span class=\"sure {}\">{}</span>", name.substr(0, name.find(' ')), sureness);
}

std::string folded_table(const std::string& classes, const std::string& head,
                         const std::vector<std::string>& rows) {
  const auto table = [&](std::size_t first, std::size_t last) {
    return fmt::format(
        "<div class=\"table\"><table class=\"{}\"><thead><tr>{}</tr></thead>"
        "<tbody>\n{}</tbody></table></div>\n",
        classes, head,
        fmt::join(rows.begin() + static_cast<std::ptrdiff_t>(first),
                  rows.begin() + static_cast<std::ptrdiff_t>(last), ""));
  };
  const std::size_t shown = std::min(rows.size(), kRowsShown);
  std::string out = table(0, shown);
  if (shown < rows.size()) {
    out += fmt::format("<details><summary>{} more</summary>\n{}</details>\n", rows.size() - shown,
                       table(shown, rows.size()));
  }
  return out;
}

std::string answer_section(const PageInput& input) {
  constexpr const char* kHead =
      "<th scope=\"col\">Workload</th><th scope=\"col\">Take</th>"
      "<th scope=\"col\">By how much</th><th scope=\"col\">But</th>"
      "<th scope=\"col\">Answer</th>";
  std::string content;
  for (const Reported& reported : input.results) {
    content += result_heading(input, reported);
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < reported.groups.size(); ++i) {
      rows.push_back(answer_row(reported, reported.groups[i], reported.answers[i]));
    }
    if (rows.empty()) {
      content += "<p>The result has no cells: nothing was planned.</p>\n";
      continue;
    }
    content += folded_table("answer", kHead, rows) + sentences_html(reported);
  }
  return section(
      "answer", "The answer",
      "What to take for each workload, against a reference: ratios of the work that a "
      "CPU does, within blocks, with their 95 % intervals. What is called better or worse "
      "holds also when all comparisons of this page are counted.",
      content);
}

std::string matrix_section(const PageInput& input) {
  std::string content;
  for (const Reported& reported : input.results) {
    if (reported.groups.empty()) continue;
    content += result_heading(input, reported) + matrix_of(reported);
  }
  if (content.empty()) return "";
  return section("matrix", "Relative performance",
                 "Each strategy as a share of the best for that workload, by what the workload is "
                 "ranked by: the stronger the colour, the closer.",
                 content);
}

}  // namespace asyncbench::report
