#include "report/history_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "report/escape.hpp"
#include "report/history_chart.hpp"
#include "report/history_text.hpp"
#include "report/page_sections.hpp"

namespace asyncbench::report {
namespace {

using analyze::History;
using analyze::HistoryChange;
using analyze::HistoryLine;
using analyze::HistoryRun;

// Beside the style of the report's page.
constexpr std::string_view kStyle = R"css(
.good { --mark: var(--good); }
.bad { --mark: var(--bad); }
.plain { --mark: var(--plain); }
.plot .axis { fill: var(--muted); }
.plot .axis.name { fill: var(--ink); font-weight: 600; }
.grid-line { stroke: var(--grid); stroke-opacity: 0.35; }
.break { stroke: var(--muted); stroke-dasharray: 2 4; }
.interval { stroke: var(--c-readiness); stroke-opacity: 0.4; stroke-width: 2; fill: none; }
.thread { stroke: var(--c-readiness); stroke-opacity: 0.85; fill: none; stroke-width: 1.2; }
.dot { fill: var(--c-readiness); }
.level { stroke: var(--mark, var(--muted)); stroke-width: 5; stroke-opacity: 0.35; }
.step { stroke: var(--mark); stroke-width: 1.5; fill: none; }
.step.perhaps { stroke-dasharray: 4 3; }
.strip { display: block; width: 100%; min-width: 130px; height: 30px; }
.strip path { vector-effect: non-scaling-stroke; }
.card .said { margin: 2px 0 6px; }
.card .moved { font-weight: 650; color: var(--mark); }
.history { width: 100%; }
.history caption { text-align: left; font-weight: 600; padding: 6px 12px 2px; overflow-wrap: anywhere; }
.history caption span { font-weight: 400; color: var(--muted); }
.history th:first-child { width: 13em; }
.history td { vertical-align: middle; padding-block: 3px; }
.history .number { width: 12em; }
.warning { color: var(--likely); background: var(--likely-back); }
.runs td { font-size: 0.85rem; }
@media (max-width: 640px) {
  .history { font-size: 0.8rem; }
  .history caption { padding-inline: 0; }
  .history th, .history td { padding-inline: 4px; }
  .history th:first-child { width: 34%; overflow-wrap: anywhere; }
  .history .number { width: 5.5em; white-space: normal; }
  .strip { min-width: 90px; }
}
@media print { .plot, .strip, .level, .warning { print-color-adjust: exact; } details:not([open]) { display: none; } }
)css";

std::string_view between(std::string_view text, std::string_view begin, std::string_view end) {
  const std::size_t from = text.find(begin) + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

// "fetch, connections 64, body_bytes 12" for "fetch/connections:64/body_bytes:12".
std::string work_html(const std::string& group) {
  std::string text;
  bool is_name = false;
  for (const char c : group) {
    if (c == '/') {
      text += ", ";
      is_name = true;
    } else if (c == ':' && is_name) {
      text += ' ';
      is_name = false;
    } else {
      text += c;
    }
  }
  return xml_text(text);
}

std::string title_html(const HistoryLine& line) {
  return xml_text(analyze::info_of(line.figure).title());
}

std::size_t lines_changed(const History& history) {
  std::set<std::size_t> lines;
  for (const HistoryChange& change : history.changes) {
    if (change.is_sure()) lines.insert(change.line);
  }
  return lines.size();
}

std::string identity(const History& history) {
  const std::size_t moved = lines_changed(history);
  const std::string headline =
      history.runs.size() < 2 ? "One result: nothing to compare it with yet"
      : moved == 0            ? "No line has changed"
                   : fmt::format("{} of {} lines {} changed", moved, history.lines.size(),
                                 moved == 1 ? "has" : "have");
  std::string html = fmt::format(
      "<header id=\"identity\">\n<h1>{}</h1>\n<p class=\"identity\">{} · ratios to {} "
      "in the same run · <a href=\"#method\">how changes are found</a></p>\n",
      headline, xml_text(extent_of(history)), xml_text(references_of(history)));
  std::set<std::size_t> footings;
  for (const HistoryRun& run : history.runs) footings.insert(run.footing);
  if (footings.size() > 1) {
    html += fmt::format(
        "<p class=\"validity warning\">Machine, kernel or plan differ: the results form {} groups, "
        "not compared with one another. <a href=\"#runs\">Which</a></p>\n",
        footings.size());
  }
  return html + "</header>\n";
}

std::string said_of(const HistoryChange& change) {
  const auto results = [](std::size_t count) {
    return fmt::format("{} result{}", count, count == 1 ? "" : "s");
  };
  std::string text =
      fmt::format("{} → {}; {} before, {} since.", ratio_number(change.before),
                  ratio_number(change.since), results(change.runs_before), change.runs_since);
  if (change.certainty == analyze::Certainty::likely) {
    text += " One line of so many may show this by chance.";
  } else if (change.certainty == analyze::Certainty::single) {
    text += " One result alone may be an outlier: measure again.";
  }
  if (change.reference_moved) {
    text += " Nearly every strategy moved alike: the reference itself may have changed.";
  }
  if (!change.also.empty()) text += fmt::format(" Also differs: {}.", fmt::join(change.also, ", "));
  return text;
}

// What a line did at one commit.
std::string moved_html(const History& history, const HistoryChange& change) {
  const HistoryRun& run = history.runs[change.to];
  return fmt::format(
      "<p class=\"said {}\"><span class=\"moved\">{} {}</span> since <b>{}</b>, {}</p>\n"
      "<p class=\"note\">{}</p>\n",
      mark_of(history, change), xml_text(change_text(change)), direction_of(history, change),
      xml_text(short_commit(run)), xml_text(short_time(run)), xml_text(said_of(change)));
}

// A line with those of its changes that are sure, or those that are not.
std::string card(const History& history, std::size_t index, bool sure) {
  const HistoryLine& line = history.lines[index];
  std::string moves;
  for (const HistoryChange& change : history.changes) {
    if (change.line == index && change.is_sure() == sure) moves += moved_html(history, change);
  }
  return fmt::format(
      "<article class=\"card\">\n<h3>{} <span class=\"parameters\">{}</span></h3>\n"
      "<p class=\"subtitle\">{}, times {}</p>\n{}{}</article>\n",
      xml_text(line.strategy), work_html(line.group), title_html(line), xml_text(line.reference),
      moves, history_chart(history, index));
}

// One sentence for each strategy's figure and commit: "f1f836c, 2026-11-04 04:00: uring, system
// calls per request +25% worse, 9 kinds of work".
std::string sentences(const History& history, bool sure) {
  struct Moved {
    const HistoryChange* first;
    double least;
    double most;
    std::size_t groups;
  };
  std::vector<Moved> all;
  for (const HistoryChange& change : history.changes) {
    if (change.is_sure() != sure) continue;
    const HistoryLine& line = history.lines[change.line];
    const double factor = change.factor.estimate;
    const auto same = std::ranges::find_if(all, [&](const Moved& moved) {
      const HistoryLine& other = history.lines[moved.first->line];
      return moved.first->to == change.to && other.strategy == line.strategy &&
             other.figure == line.figure && (moved.first->factor.estimate > 1) == (factor > 1);
    });
    if (same == all.end()) {
      all.push_back({&change, factor, factor, 1});
    } else {
      same->least = std::min(same->least, factor);
      same->most = std::max(same->most, factor);
      ++same->groups;
    }
  }
  std::string html;
  for (const Moved& moved : all) {
    const HistoryLine& line = history.lines[moved.first->line];
    const HistoryRun& run = history.runs[moved.first->to];
    const std::string least = percent_text(moved.least);
    const std::string most = percent_text(moved.most);
    html += fmt::format(
        "<li><code>{}</code> {}: <b>{}</b>, {} {}{}% {}, {}</li>\n", xml_text(short_commit(run)),
        xml_text(short_time(run)), xml_text(line.strategy), title_html(line), least,
        least == most ? "" : " to " + most, direction_of(history, *moved.first),
        moved.groups == 1 ? work_html(line.group) : fmt::format("{} kinds of work", moved.groups));
  }
  return "<ul class=\"sentences\">\n" + html + "</ul>\n";
}

std::string changes(const History& history, bool sure, const std::string& id,
                    const std::string& title, const std::string& lead) {
  // Further ones are in the tables below, as all lines are.
  constexpr std::size_t kMost = 60;
  std::string cards;
  std::set<std::size_t> shown;
  std::set<std::size_t> left;
  for (const HistoryChange& change : history.changes) {
    if (change.is_sure() != sure || shown.contains(change.line)) continue;
    if (shown.size() == kMost) {
      left.insert(change.line);
    } else {
      shown.insert(change.line);
      cards += card(history, change.line, sure);
    }
  }
  if (shown.empty()) return "";
  std::string content = sentences(history, sure) + "<div class=\"grid\">\n" + cards + "</div>\n";
  if (!left.empty()) {
    content += fmt::format("<p class=\"note\">And {} more: the tables below mark them.</p>\n",
                           left.size());
  }
  return section(id, title, lead, content);
}

std::string latest_html(const HistoryLine& line) {
  const analyze::Location& ratio = line.points.back().log_ratio;
  std::string text = fmt::format("<b>{}</b>", ratio_number(std::exp(ratio.estimate)));
  if (!std::isinf(ratio.low)) {
    text += fmt::format(" <span class=\"over\">[{}, {}]</span>", ratio_number(std::exp(ratio.low)),
                        ratio_number(std::exp(ratio.high)));
  }
  return text;
}

// Every line, a table for each group, folded by figure but for the first.
std::string lines(const History& history) {
  if (history.lines.empty()) return "";
  std::string content;
  const HistoryLine* above = nullptr;
  for (std::size_t i = 0; i < history.lines.size(); ++i) {
    const HistoryLine& line = history.lines[i];
    const bool new_figure = above == nullptr || above->figure != line.figure;
    if (new_figure || above->group != line.group) {
      if (above != nullptr) content += "</tbody></table></div>\n";
      if (new_figure) {
        if (above != nullptr) content += "</details>\n";
        content +=
            fmt::format("<details class=\"fold\" open>\n<summary>{}</summary>\n", title_html(line));
      }
      content += fmt::format(
          "<div class=\"table\"><table class=\"history\"><caption>{} <span>times "
          "{}</span></caption>"
          "<thead><tr><th scope=\"col\">Strategy</th><th scope=\"col\">by result</th>"
          "<th scope=\"col\" class=\"number\">newest [95 %]</th></tr></thead><tbody>\n",
          work_html(line.group), xml_text(line.reference));
    }
    content += fmt::format("<tr><th>{}</th><td>{}</td><td class=\"number\">{}</td></tr>\n",
                           xml_text(line.strategy), history_strip(history, i), latest_html(line));
    above = &line;
  }
  content += "</tbody></table></div>\n</details>\n";
  return section("lines", "Every line",
                 "One stroke a result: its 95 % interval, where it has one. Upright lines mark "
                 "changes, dashed ones what may be one. Each row has its own scale.",
                 content);
}

std::string runs(const History& history) {
  std::vector<std::string> rows;
  for (std::size_t i = history.runs.size(); i-- > 0;) {
    const HistoryRun& run = history.runs[i];
    rows.push_back(
        fmt::format("<tr><td>{}</td><td><code>{}</code></td><td>{}{}</td><td>{}</td></tr>\n",
                    xml_text(short_time(run)), xml_text(short_commit(run)), xml_text(run.file),
                    run.complete ? "" : " (incomplete)",
                    xml_text(fmt::format("{}", fmt::join(run.differs, "; ")))));
  }
  std::string content =
      folded_table("runs",
                   "<th scope=\"col\">started</th><th scope=\"col\">commit</th><th "
                   "scope=\"col\">file</th><th scope=\"col\">differs from the one before</th>",
                   rows);
  for (const std::string& text : history.left_out) {
    content += fmt::format("<p class=\"note\">Left out: {}</p>\n", xml_text(text));
  }
  return section("runs", "Results", "The newest first, by the start of their runs.", content);
}

}  // namespace

std::string history_page(const History& history) {
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>asyncbench history: {}</title>\n<style>{}{}</style>\n</head>\n<body>\n<main>\n",
      xml_text(extent_of(history)), between(page_template(), "<style>", "</style>"), kStyle);
  page += identity(history);
  page += changes(history, true, "changed", "Changed",
                  "The newest first. Dots are results, with the 95 % interval within each run; "
                  "thick lines are the levels before and since.");
  page += changes(history, false, "perhaps", "Perhaps changed",
                  "Found where a line is judged alone, not when all are counted; or in the newest "
                  "result alone.");
  page += lines(history);
  page += runs(history);
  page += section("method", "How changes are found", xml_text(history_method(history)), "");
  return page + "</main>\n</body>\n</html>\n";
}

}  // namespace asyncbench::report
