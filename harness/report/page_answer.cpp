// The answer: what to take instead of the reference, by how much, and what that costs.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "report/contrast_text.hpp"
#include "report/escape.hpp"
#include "report/figure_text.hpp"
#include "report/format.hpp"
#include "report/page_sections.hpp"

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using analyze::FigureName;
using analyze::Group;
using result::Cell;

std::string workload_html(const Reported& reported, const Cell& cell) {
  const std::string parameters = parameters_html(reported, cell, false);
  return fmt::format(
      "<b>{}</b>{}", xml_text(cell.workload),
      parameters.empty() ? "" : fmt::format(" <span class=\"parameters\">{}</span>", parameters));
}

// "fetch, connections 64"
std::string work_text_of(const Reported& reported, const Group& group) {
  const Cell& cell = *group.cells.front();
  std::string text = xml_text(cell.workload);
  if (const std::string parameters = parameters_html(reported, cell, false); !parameters.empty()) {
    text += " with " + parameters;
  }
  return text;
}

const char* sure_class(const Answer& answer) {
  switch (answer.kind) {
    case AnswerKind::take:
    case AnswerKind::stay:
      return "clear";
    case AnswerKind::no_matter:
      return "alike";
    case AnswerKind::open:
      return "open";
    case AnswerKind::nothing:
      return "invalid";
    case AnswerKind::alone:
      break;
  }
  return "";
}

std::string chip(const Answer& answer) {
  const char* const name = sure_class(answer);
  return *name == '\0' ? "" : fmt::format(" <span class=\"sure {0}\">{0}</span>", name);
}

std::string capitalized(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

// "Take readiness loops or io_uring for fetch, serve and echo; stay with thread_per_connection for
// file-write": the same advice for several groups is given once. Names are escaped.
std::string headline(const Reported& reported, const Against& against) {
  if (against.answers.empty()) return "Nothing was measured";
  if (against.answers.size() == 1) return capitalized(xml_text(advice(against.answers.front())));
  std::vector<std::pair<std::string, std::vector<std::string>>> advices;
  for (std::size_t i = 0; i < against.answers.size(); ++i) {
    const std::string text = advice(against.answers[i]);
    auto known = std::ranges::find(advices, text, [](const auto& pair) { return pair.first; });
    if (known == advices.end()) known = advices.insert(known, {text, {}});
    known->second.push_back(work_text_of(reported, reported.groups[i]));
  }
  if (advices.size() == 1) {
    return fmt::format("{} in all {} cases", capitalized(xml_text(advices.front().first)),
                       against.answers.size());
  }
  std::vector<std::string> parts;
  constexpr std::size_t kNamed = 4;
  for (const auto& [text, works] : advices) {
    parts.push_back(fmt::format("{} for {}", xml_text(text),
                                works.size() <= kNamed ? fmt::format("{}", fmt::join(works, ", "))
                                                       : fmt::format("{} of {} cases", works.size(),
                                                                     against.answers.size())));
  }
  return capitalized(fmt::format("{}", fmt::join(parts, "; ")));
}

// "CPU per request 11.8us, 0.63 [0.60, 0.89] times": of the first of the best.
std::string fact_html(const analyze::Standing& best, const Contrast& contrast) {
  const analyze::Figure figure = analyze::info_of(contrast.figure);
  const result::Estimate* const estimate = best.cell->find(figure.name);
  if (estimate == nullptr || contrast.judgement.blocks == 0) return "";
  return fmt::format("<li><span class=\"parameters\">{}</span> <b>{}</b> {} times</li>\n",
                     figure.title(), xml_text(estimate_text(estimate, figure.unit, figure_text)),
                     xml_text(ratio_text(contrast)));
}

std::string facts_html(const Answer& answer) {
  if (answer.best.empty() || answer.best.front()->contrasts.empty()) return "";
  const analyze::Standing& best = *answer.best.front();
  std::string facts;
  for (const FigureName figure : {analyze::kTotalCpu, analyze::kCpu, analyze::kThroughput,
                                  analyze::kServiceP99, analyze::kResponseP99}) {
    const Contrast* const contrast = find(best.contrasts, figure);
    const bool both_ends = figure == analyze::kCpu && find(best.contrasts, analyze::kTotalCpu);
    if (contrast != nullptr && !both_ends) facts += fact_html(best, *contrast);
  }
  return fmt::format("<p class=\"lead\">{}, against {}:</p>\n<ul class=\"facts\">\n{}</ul>\n",
                     xml_text(best.cell->strategy), xml_text(answer.reference->strategy), facts);
}

std::string losses_html(const Answer& answer, std::size_t most) {
  std::vector<std::string> shown;
  for (const std::string& loss : answer.losses) shown.push_back(xml_text(loss));
  const std::size_t more = shown.size() > most ? shown.size() - most : 0;
  shown.resize(shown.size() - more);
  if (more > 0) shown.push_back(fmt::format("{} more", more));
  return fmt::format("{}", fmt::join(shown, "; "));
}

std::string line_html(const char* label, const std::string& html) {
  return html.empty() ? "" : fmt::format("<dt>{}</dt><dd>{}</dd>\n", label, html);
}

// One group: the answer in sentences.
std::string alone_html(const Reported& reported, const Against& against) {
  const Answer& answer = against.answers.front();
  return fmt::format("<div{}>\n{}<dl class=\"verdict\">\n{}{}{}{}</dl></div>\n",
                     against_attribute(reported, against), facts_html(answer),
                     line_html("Answer", xml_text(answer.take)),
                     line_html("Behind", xml_text(answer.behind)),
                     line_html("But", losses_html(answer, answer.losses.size())),
                     line_html("Noise", xml_text(answer.noise)));
}

std::string row_html(const Reported& reported, const Group& group, const Answer& answer) {
  const bool has_gain = answer.kind == AnswerKind::take;
  std::string rest = has_gain ? xml_text(answer.which) : "";
  if (!answer.losses.empty()) {
    rest += fmt::format("{}<span class=\"but\"><b>But</b> {}</span>", rest.empty() ? "" : " ",
                        losses_html(answer, 2));
  }
  return fmt::format(
      "<tr data-group=\"{}\"><th scope=\"row\">{}</th><td><b>{}</b></td><td class=\"strip\"></td>"
      "<td>{}{}</td><td>{}</td></tr>\n",
      xml_text(group.name), workload_html(reported, *group.cells.front()),
      xml_text(capitalized(advice(answer))), xml_text(has_gain ? answer.gain : answer.take),
      chip(answer), rest);
}

// Several groups: a row for each.
std::string table_html(const Reported& reported, std::size_t result) {
  std::string bodies;
  for (const Against& against : reported.against) {
    bodies +=
        fmt::format("<tbody data-result=\"{}\"{}>\n", result, against_attribute(reported, against));
    for (std::size_t i = 0; i < reported.groups.size(); ++i) {
      bodies += row_html(reported, reported.groups[i], against.answers[i]);
    }
    bodies += "</tbody>\n";
  }
  return fmt::format(
      "<div class=\"table\"><table class=\"answer\"><thead><tr><th scope=\"col\">Work</th>"
      "<th scope=\"col\">Use</th><th scope=\"col\" class=\"strip\">Times the reference</th>"
      "<th scope=\"col\">By how much</th><th scope=\"col\">And</th></tr></thead>\n{}"
      "</table></div>\n",
      bodies);
}

}  // namespace

std::string against_attribute(const Reported& reported, const Against& against) {
  return fmt::format(" data-against=\"{}\"{}", xml_text(against.reference),
                     &against == &reported.against.front() ? "" : " hidden");
}

std::string advice(const Answer& answer) {
  switch (answer.kind) {
    case AnswerKind::take:
      return "take " + answer.choice;
    case AnswerKind::stay:
      return "stay with " + answer.reference->strategy;
    case AnswerKind::no_matter:
      return "no reason to move from " + answer.reference->strategy;
    case AnswerKind::open:
      return "open";
    case AnswerKind::alone:
      return "nothing to compare with";
    case AnswerKind::nothing:
      break;
  }
  return "no answer";
}

std::string headlines(const Reported& reported) {
  std::string headings;
  for (const Against& against : reported.against) {
    headings += fmt::format("<h1{}>{}</h1>\n", against_attribute(reported, against),
                            headline(reported, against));
  }
  return headings;
}

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
  std::string content = "<div id=\"against\" class=\"controls\"></div>\n";
  for (std::size_t i = 0; i < input.results.size(); ++i) {
    const Reported& reported = input.results[i];
    content += result_heading(input, reported);
    if (reported.groups.empty()) {
      content += "<p>The result has no cells: nothing was planned.</p>\n";
    } else if (reported.groups.size() == 1) {
      for (const Against& against : reported.against) content += alone_html(reported, against);
    } else {
      content += table_html(reported, i);
    }
  }
  return section(
      "answer", "The answer",
      "Strategies against one of them, in the same blocks of trials: families first, then "
      "their members. What costs as much as it gains is said beside it.",
      content);
}

}  // namespace asyncbench::report
