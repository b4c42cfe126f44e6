// The answer: what to take instead of the reference, by how much, and what that costs.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <span>

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

// The groups of one workload for which the same is said: "fetch" for all of them, "fetch
// (connections 8, 64)", "fetch (5 of 12)". Names are escaped.
std::string where_text(const Reported& reported, const std::vector<std::size_t>& groups) {
  const Cell& first = *reported.groups[groups.front()].cells.front();
  const auto all = std::ranges::count_if(reported.groups, [&](const Group& group) {
    return group.cells.front()->workload == first.workload;
  });
  std::string text = xml_text(first.workload);
  if (all == std::ssize(groups)) return text;
  constexpr std::size_t kNamed = 3;
  const std::string parameters = parameters_html(reported, first, false);
  if (groups.size() > kNamed || parameters.find(", ") != std::string::npos) {
    return fmt::format("{} ({} of {})", text, groups.size(), all);
  }
  const std::size_t value = parameters.find(' ') + 1;
  std::vector<std::string> values = {parameters};
  for (const std::size_t group : std::span(groups).subspan(1)) {
    values.push_back(
        parameters_html(reported, *reported.groups[group].cells.front(), false).substr(value));
  }
  return fmt::format("{} ({})", text, fmt::join(values, ", "));
}

// What is said of several groups, with those that it is said of.
struct Advice {
  std::string text;
  AnswerKind kind;
  std::vector<std::vector<std::size_t>> groups;  // by workload
};

std::vector<Advice> advices_of(const Reported& reported, const Against& against) {
  std::vector<Advice> advices;
  for (std::size_t i = 0; i < against.answers.size(); ++i) {
    const Answer& answer = against.answers[i];
    const std::string text = advice(answer);
    auto known = std::ranges::find(advices, text, &Advice::text);
    if (known == advices.end()) known = advices.insert(known, {text, answer.kind, {}});
    const std::string& workload = reported.groups[i].cells.front()->workload;
    const bool is_next =
        known->groups.empty() ||
        reported.groups[known->groups.back().back()].cells.front()->workload != workload;
    if (is_next) known->groups.emplace_back();
    known->groups.back().push_back(i);
  }
  // What to do comes first, what is open last.
  std::ranges::stable_sort(advices, {}, &Advice::kind);
  return advices;
}

// "Take io_uring or readiness loops for fetch, serve; stay with thread_per_connection for
// file-write". Names are escaped.
std::string headline(const Reported& reported, const Against& against) {
  if (against.answers.empty()) return "Nothing was measured";
  const std::vector<Advice> advices = advices_of(reported, against);
  if (advices.size() == 1) {
    const std::string text = capitalized(xml_text(advices.front().text));
    return against.answers.size() == 1 || advices.front().kind == AnswerKind::alone
               ? text
               : fmt::format("{} in {}", text,
                             against.answers.size() == 2
                                 ? "both cases"
                                 : fmt::format("all {} cases", against.answers.size()));
  }
  std::vector<std::string> parts;
  for (const Advice& advice : advices) {
    std::vector<std::string> places;
    for (const auto& groups : advice.groups) places.push_back(where_text(reported, groups));
    parts.push_back(fmt::format("{} for {}", xml_text(advice.text), fmt::join(places, ", ")));
  }
  return capitalized(fmt::format("{}", fmt::join(parts, "; ")));
}

// "Move from thread_per_connection in 9 of 14 cases, stay in 2; 3 are open": where a headline that
// says what to take where would be a paragraph.
std::string short_headline(const Against& against) {
  std::size_t moves = 0;
  std::size_t stays = 0;
  for (const Answer& answer : against.answers) {
    moves += answer.kind == AnswerKind::take ? 1 : 0;
    stays += answer.kind == AnswerKind::stay || answer.kind == AnswerKind::no_matter ? 1 : 0;
  }
  const std::size_t all = against.answers.size();
  const std::size_t open = all - moves - stays;
  std::string text =
      fmt::format("Move from {} in {} of {} cases", xml_text(against.reference), moves, all);
  if (stays > 0) text += fmt::format(", stay in {}", stays);
  if (open > 0) text += fmt::format("; {} {} open", open, open == 1 ? "is" : "are");
  return text;
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
  return fmt::format(
      "<div{}>\n{}<dl class=\"verdict\">\n{}{}{}{}{}</dl></div>\n",
      against_attribute(reported, against), facts_html(answer),
      line_html("Answer", xml_text(answer.take)), line_html("Behind", xml_text(answer.behind)),
      line_html("But", losses_html(answer, answer.losses.size())),
      line_html("Peer", xml_text(answer.peers)), line_html("Noise", xml_text(answer.noise)));
}

// What the ranking figure is called where strategies are compared: "work per CPU".
std::string ranked_by(const Against& against, std::size_t group) {
  return gain_noun(against.comparison.groups[group].figures.front());
}

// "work per CPU" where all groups are ranked by it; else "".
std::string ranked_by(const Against& against) {
  const std::string first = ranked_by(against, 0);
  for (std::size_t i = 1; i < against.answers.size(); ++i) {
    if (ranked_by(against, i) != first) return "";
  }
  return first;
}

std::string row_html(const Reported& reported, const Against& against, std::size_t i) {
  const Answer& answer = against.answers[i];
  const Group& group = reported.groups[i];
  const Cell& cell = *group.cells.front();
  const bool is_only = std::ranges::count_if(reported.groups, [&](const Group& other) {
                         return other.cells.front()->workload == cell.workload;
                       }) == 1;
  std::string parameters = parameters_html(reported, cell, is_only);
  if (ranked_by(against).empty()) {
    parameters += fmt::format("{}by {}", parameters.empty() ? "" : "; ", ranked_by(against, i));
  }
  const bool has_gain = answer.kind == AnswerKind::take;
  std::string rest = xml_text(has_gain                ? answer.which
                              : answer.behind.empty() ? ""
                                                      : "Others: " + answer.behind);
  if (!answer.losses.empty()) {
    rest += fmt::format("<span class=\"but\"><b>But</b> {}</span>", losses_html(answer, 2));
  }
  if (!answer.peers.empty()) {
    rest += fmt::format("<span class=\"but\"><b>But</b> {}</span>", xml_text(answer.peers));
  }
  return fmt::format(
      "<tr data-group=\"{}\"><th scope=\"row\"><b>{}</b> <span class=\"parameters\">{}</span></th>"
      "<td><b>{}</b></td><td class=\"strip\"></td><td>{}{}</td><td>{}</td></tr>\n",
      xml_text(group.name), xml_text(cell.workload), parameters,
      xml_text(capitalized(advice(answer))), xml_text(has_gain ? answer.gain : answer.take),
      chip(answer), rest);
}

// The rows from `first` to `last`, against each reference.
std::string rows_table(const Reported& reported, std::size_t result, std::size_t first,
                       std::size_t last) {
  std::string axis;
  std::string bodies;
  for (const Against& against : reported.against) {
    const std::string attribute = against_attribute(reported, against);
    const std::string figure = ranked_by(against);
    axis += fmt::format("<span{}>{}{}times {}</span>", attribute, capitalized(figure),
                        figure.empty() ? "" : ", ", xml_text(against.reference));
    bodies += fmt::format("<tbody data-result=\"{}\"{}>\n", result, attribute);
    for (std::size_t i = first; i < last; ++i) bodies += row_html(reported, against, i);
    bodies += "</tbody>\n";
  }
  return fmt::format(
      "<div class=\"table\"><table class=\"answer\"><thead><tr><th scope=\"col\">Work</th>"
      "<th scope=\"col\">Answer</th><th scope=\"col\" class=\"strip\">{}</th>"
      "<th scope=\"col\">By how much</th><th scope=\"col\">Beside it</th></tr></thead>\n{}"
      "</table></div>\n",
      axis, bodies);
}

// Several groups: a row for each, those beyond kRowsShown folded away.
std::string table_html(const Reported& reported, std::size_t result) {
  const std::size_t rows = reported.groups.size();
  const std::size_t shown = std::min(rows, kRowsShown);
  std::string out = rows_table(reported, result, 0, shown);
  if (shown < rows) {
    out += fmt::format("<details><summary>{} more</summary>\n{}</details>\n", rows - shown,
                       rows_table(reported, result, shown, rows));
  }
  return out;
}

// One strategy alone was measured, at several points.
bool is_alone(const Reported& reported) {
  return std::ranges::all_of(reported.against.front().answers,
                             [](const Answer& answer) { return answer.kind == AnswerKind::alone; });
}

}  // namespace

std::string against_attribute(const Reported& reported, const Against& against) {
  return fmt::format(" data-against=\"{}\"{}", xml_text(against.reference),
                     &against == &reported.against.front() ? "" : " hidden");
}

std::string advice(const Answer& answer) {
  switch (answer.kind) {
    case AnswerKind::take:
      // Another one of several may do without the price.
      return "take " + answer.choice +
             (!answer.losses.empty() && answer.choice == answer.best.front()->cell->strategy
                  ? " (at a price)"
                  : "");
    case AnswerKind::stay:
      return "stay with " + answer.reference->strategy;
    case AnswerKind::no_matter:
      return "no reason to move from " + answer.reference->strategy;
    case AnswerKind::open:
      return "open";
    case AnswerKind::alone:
      return fmt::format("only {} was measured", answer.best.front()->cell->strategy);
    case AnswerKind::nothing:
      break;
  }
  return "no answer";
}

std::string headlines(const Reported& reported) {
  std::string headings;
  for (const Against& against : reported.against) {
    constexpr std::size_t kLongest = 120;
    const std::string attribute = against_attribute(reported, against);
    const std::string said = headline(reported, against);
    if (said.size() <= kLongest) {
      headings += fmt::format("<h1{}>{}</h1>\n", attribute, said);
    } else {
      headings += fmt::format("<h1{0}>{1}</h1>\n<p class=\"lead\"{0}>{2}.</p>\n", attribute,
                              short_headline(against), said);
    }
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
                         const std::vector<std::string>& rows, std::size_t most) {
  const auto table = [&](std::size_t first, std::size_t last) {
    return fmt::format(
        "<div class=\"table\"><table class=\"{}\"><thead><tr>{}</tr></thead>"
        "<tbody>\n{}</tbody></table></div>\n",
        classes, head,
        fmt::join(rows.begin() + static_cast<std::ptrdiff_t>(first),
                  rows.begin() + static_cast<std::ptrdiff_t>(last), ""));
  };
  const std::size_t shown = std::min(rows.size(), most);
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
    } else if (is_alone(reported)) {
      content += "<p>There is nothing to compare it with.</p>\n";
    } else {
      content += table_html(reported, i);
    }
  }
  const bool has_rows = std::ranges::any_of(
      input.results, [](const Reported& reported) { return reported.groups.size() > 1; });
  return section("answer", "The answer",
                 has_rows
                     ? "Each row compares the strategies with one of them, the vertical line, in "
                       "the same blocks of trials. A marker is a strategy, a line the 95 % "
                       "interval of its family, the band the run's own noise, or the margin "
                       "where no twin took part. What the best lose elsewhere stands beside them."
                     : "The strategies are compared with one of them, in the same blocks of "
                       "trials.",
                 content);
}

}  // namespace asyncbench::report
