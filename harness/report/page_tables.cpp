// The foot of the page: how requests ended, what changed, and every figure.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "report/change_verdict.hpp"
#include "report/contrast_text.hpp"
#include "report/escape.hpp"
#include "report/figure_text.hpp"
#include "report/format.hpp"
#include "report/page_sections.hpp"
#include "report/remarks.hpp"

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using result::Cell;
using result::Estimate;
using result::Summary;
using result::Trial;

std::string cell_html(const Reported& reported, const Cell& cell) {
  return fmt::format("<b>{}</b> <span class=\"parameters\">{}</span>", xml_text(cell.workload),
                     parameters_html(reported, cell, true));
}

// Over the valid timed trials of a cell.
std::array<std::uint64_t, kOutcomes> outcomes_of(const Cell& cell) {
  std::array<std::uint64_t, kOutcomes> sums{};
  for (const Trial* trial : cell.valid_trials()) {
    for (std::size_t i = 0; i < kOutcomes; ++i) sums[i] += trial->outcomes[i];
  }
  return sums;
}

// One row for each cell with another outcome than ok; `total` and `requests` count all.
struct OutcomeRows {
  std::vector<std::string> rows;
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
};

OutcomeRows outcome_rows(const Reported& reported) {
  OutcomeRows result;
  for (const Cell& cell : reported.result->cells) {
    const auto sums = outcomes_of(cell);
    std::uint64_t ended = 0;
    std::vector<std::string> failures;
    for (std::size_t i = 0; i < kOutcomes; ++i) {
      ended += sums[i];
      if (i > 0 && sums[i] > 0) failures.push_back(fmt::format("{} {}", sums[i], kOutcomeNames[i]));
    }
    result.requests += ended;
    if (failures.empty()) continue;
    result.failures += ended - sums[0];
    result.rows.push_back(fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"number\">{}</td><td>{}</td>"
        "<td class=\"number\">{}</td></tr>\n",
        cell_html(reported, cell), xml_text(cell.strategy), sums[0],
        xml_text(fmt::format("{}", fmt::join(failures, ", "))),
        xml_text(
            format_percent(static_cast<double>(ended - sums[0]) / static_cast<double>(ended)))));
  }
  return result;
}

// Cells and trials that gave no figures, with their reasons.
std::vector<std::string> unusable_rows(const Reported& reported) {
  std::vector<std::string> rows;
  const auto row = [&](const Cell& cell, const std::string& what, const std::string& reason) {
    rows.push_back(fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"reason\">{}</td></tr>\n",
        cell_html(reported, cell), xml_text(cell.strategy), xml_text(what), xml_text(reason)));
  };
  for (const Cell& cell : reported.result->cells) {
    if (cell.status != result::CellStatus::measured) row(cell, state_of(cell), cell.reason);
    for (const Trial& trial : cell.trials) {
      if (trial.valid) continue;
      row(cell, fmt::format("trial of block {} is invalid", trial.block), trial.reason);
    }
  }
  return rows;
}

// A cell of the second result against the first's.
struct ShownChange {
  const analyze::Standing* standing;
  const Contrast* contrast;
  bool told;
};

std::vector<ShownChange> changes_of(const analyze::Comparison& comparison) {
  std::vector<ShownChange> changes;
  for (const analyze::GroupComparison& group : comparison.groups) {
    for (const analyze::Standing& standing : group.standings) {
      for (const Contrast& contrast : standing.contrasts) {
        changes.push_back({&standing, &contrast, is_told(contrast)});
      }
    }
  }
  // Regressions first, the largest at the top; then what got better, the largest first.
  std::ranges::stable_sort(changes, [](const ShownChange& a, const ShownChange& b) {
    const double left = std::log(a.contrast->judgement.ratio.estimate);
    const double right = std::log(b.contrast->judgement.ratio.estimate);
    if ((left > 0) != (right > 0)) return left > 0;
    return std::abs(left) > std::abs(right);
  });
  return changes;
}

std::string change_row(const ShownChange& change) {
  const Contrast& contrast = *change.contrast;
  const char* direction = !change.told ? "" : is_worse(contrast) ? "worse" : "better";
  return fmt::format(
      "<tr class=\"{}\"><th scope=\"row\">{}</th><td>{}</td><td class=\"number\">{}</td>"
      "<td>{}</td></tr>\n",
      direction, xml_text(change.standing->cell->id),
      xml_text(analyze::info_of(contrast.figure).title()), xml_text(ratio_text(contrast)),
      sureness_html(sureness_of(contrast.decision(), true)));
}

// "WORSE? throughput fell to 0.12 times in 3 of 4 cells ...", and the command that would decide it.
std::string verdict_html(const ChangeVerdict& verdict) {
  const char* tone = verdict.color == Color::good  ? "good"
                     : verdict.color == Color::bad ? "bad"
                                                   : "noise";
  return fmt::format("<div class=\"validity {}\"><b>{}</b> {}{}</div>\n", tone, verdict.word,
                     xml_text(verdict.text),
                     verdict.command.empty() ? ""
                                             : fmt::format(" To decide:<br><code>{}</code>",
                                                           xml_text(verdict.command)));
}

std::string estimate_html(const Estimate* estimate, const analyze::Figure& figure) {
  if (estimate == nullptr) return "<td class=\"number\">–</td>";
  const std::string interval = fmt::format("[{}, {}]", figure_text(figure.unit, estimate->low),
                                           figure_text(figure.unit, estimate->high));
  return fmt::format("<td class=\"number\" data-value=\"{}\" title=\"{}\">{}</td>",
                     estimate->median, xml_text(interval),
                     xml_text(estimate_text(estimate, figure.unit, figure_text)));
}

// "0 in each of them: errors, page faults."
std::string zeros_html(const std::vector<const Cell*>& cells,
                       const std::vector<analyze::Figure>& telling) {
  std::vector<std::string> titles;
  for (const analyze::Figure& figure : analyze::figures_of(cells)) {
    if (std::ranges::find(telling, figure.name, &analyze::Figure::name) == telling.end()) {
      titles.push_back(figure.short_title());
    }
  }
  if (titles.empty()) return "";
  return fmt::format("<p class=\"note\">0 in each of them: {}.</p>\n",
                     xml_text(fmt::format("{}", fmt::join(titles, ", "))));
}

// A row for each cell of a workload, with every figure that some of them has.
std::string cells_table(const Reported& reported, const std::vector<const Cell*>& cells) {
  const std::vector<analyze::Figure> figures = telling_figures(cells);
  std::string head =
      "<th scope=\"col\">Workload</th><th scope=\"col\">Strategy</th><th scope=\"col\">Trials</th>";
  for (const analyze::Figure& figure : figures) {
    head += fmt::format("<th scope=\"col\" class=\"number\" title=\"{}\">{}</th>",
                        xml_text(figure.title()), xml_text(figure.short_title()));
  }
  head += "<th scope=\"col\">Notes</th>";
  std::string rows;
  for (const Cell* cell : cells) {
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td>", cell_html(reported, *cell),
                        xml_text(cell->strategy));
    const bool is_measured = cell->status == result::CellStatus::measured && cell->summary;
    rows += is_measured ? fmt::format("<td data-value=\"{0}\">{0} of {1}</td>",
                                      cell->summary->trials_valid, cell->summary->trials_timed)
                        : fmt::format("<td>{}</td>", state_of(*cell));
    const Summary none;
    const Summary& summary = is_measured ? *cell->summary : none;
    for (const analyze::Figure& figure : figures) {
      rows += estimate_html(summary.find(figure.name), figure);
    }
    std::vector<std::string> codes;
    for (const result::Note& note : summary.notes) codes.push_back(note.code);
    rows += fmt::format("<td>{}</td></tr>\n", xml_text(fmt::format("{}", fmt::join(codes, ", "))));
  }
  return fmt::format(
             "<div class=\"table\"><table class=\"cells sortable\"><thead><tr>{}</tr></thead>"
             "<tbody>\n{}</tbody></table></div>\n",
             head, rows) +
         zeros_html(cells, figures);
}

// One table for each workload: what another workload measures of its own is no column of it.
std::string cells_tables(const Reported& reported) {
  std::vector<std::pair<std::string_view, std::vector<const Cell*>>> workloads;
  for (const analyze::Group& group : reported.groups) {
    const std::string_view name = group.cells.front()->workload;
    if (workloads.empty() || workloads.back().first != name) workloads.push_back({name, {}});
    std::ranges::copy(group.cells, std::back_inserter(workloads.back().second));
  }
  std::string tables;
  for (const auto& [name, cells] : workloads) {
    const std::string table = cells_table(reported, cells);
    tables += workloads.size() == 1
                  ? table
                  : fmt::format(
                        "<details class=\"fold\"><summary>{}: every figure</summary>\n{}"
                        "</details>\n",
                        xml_text(name), table);
  }
  return tables;
}

// As a shell would need it.
std::string command_text(const std::vector<std::string>& command) {
  std::string text;
  for (const std::string& word : command) {
    const bool is_plain = !word.empty() && word.find_first_not_of(
                                               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
                                               "XYZ0123456789-_./:,=+@%") == std::string::npos;
    std::string quoted = word;
    for (std::size_t at = quoted.find('\''); at != std::string::npos;
         at = quoted.find('\'', at + 4)) {
      quoted.replace(at, 1, "'\\''");
    }
    text += fmt::format("{}{}", text.empty() ? "" : " ", is_plain ? word : "'" + quoted + "'");
  }
  return text;
}

std::string environment_table(const result::Result& result) {
  std::string rows;
  const auto row = [&](const std::string& name, const std::string& value) {
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", xml_text(name),
                        xml_text(value));
  };
  const auto cpus = [](const std::vector<std::int64_t>& list) {
    return list.empty() ? std::string("not pinned") : fmt::format("{}", fmt::join(list, ", "));
  };
  row("measured", how_measured(result));
  row("peer strategy", result.plan.peer_strategy);
  row("CPUs of the side under test", cpus(result.plan.subject_cpus));
  row("CPUs of its peer", cpus(result.plan.peer_cpus));
  row("idle states", result.plan.cpu_idle);
  row("seed", fmt::format("{}", result.run.seed));
  for (const auto& [name, fact] : result.environment.facts) {
    const std::string value = result::text_of(fact);
    const auto reason = result.environment.unreadable.find(name);
    row(name, !value.empty() || reason == result.environment.unreadable.end()
                  ? value
                  : "not readable: " + reason->second);
  }
  for (const auto& [name, version] : result.environment.libraries) row(name, version);
  return fmt::format(
      "<details><summary>Machine, build and settings</summary><div class=\"table\">"
      "<table class=\"environment\"><tbody>\n{}</tbody></table></div></details>\n",
      rows);
}

constexpr const char* kWindows =
    "<p>Every trial starts fresh processes, one for each side, pinned to CPUs of their own, and "
    "measures a window that is laid over running traffic after a warm-up. A block holds one trial "
    "of every cell, in random order; strategies are compared within blocks, so what drifts on the "
    "machine hits all of them alike.</p>\n";

constexpr const char* kTurns =
    "<p>Every block starts fresh processes for each strategy of a group, all alive together. They "
    "take turns, round by round in random order, with a rest after each turn in which what is in "
    "flight ends; the CPU time of both sides is read at rest. Strategies are compared within "
    "blocks, so what drifts on the machine hits all of them alike. The reference takes part twice, "
    "as itself and as its twin: what these two differ by is the run's own noise.</p>\n";

constexpr const char* kMethod =
    "<p>The trial is the statistical unit. A figure is the median across valid trials, with the "
    "distribution-free 95 % interval of the sign test. Comparisons are medians of the ratios "
    "within blocks; <b>clear</b> ones hold a false discovery rate of 5 % over this page "
    "(Benjamini-Hochberg).</p>\n"
    "<p>Every request is accounted for: begun, ended in one of a closed set of outcomes, or still "
    "unfinished when the window closed. A trial in which the books of both sides do not agree is "
    "invalid and not used. In a closed loop, latency is service time, each strategy at its own "
    "throughput; in an open loop it is response time from the moment the request was due.</p>\n";

}  // namespace

std::vector<analyze::Figure> telling_figures(std::span<const Cell* const> cells) {
  std::vector<analyze::Figure> figures = analyze::figures_of(cells);
  std::erase_if(figures, [&](const analyze::Figure& figure) {
    return std::ranges::all_of(cells, [&](const Cell* cell) {
      const Estimate* const estimate = cell->find(figure.name);
      return estimate == nullptr || (estimate->low == 0 && estimate->high == 0);
    });
  });
  return figures;
}

std::string outcomes_section(const PageInput& input) {
  std::string content;
  for (const Reported& reported : input.results) {
    const OutcomeRows outcomes = outcome_rows(reported);
    const std::vector<std::string> unusable = unusable_rows(reported);
    content += result_heading(input, reported);
    content +=
        outcomes.requests == 0 ? "<p>No request of a valid trial ended.</p>\n"
        : outcomes.rows.empty()
            ? fmt::format("<p>All {} requests of valid trials ended well.</p>\n", outcomes.requests)
            : fmt::format("<p>{} of {} requests failed.</p>\n", outcomes.failures,
                          outcomes.requests);
    if (!outcomes.rows.empty()) {
      content += folded_table("outcomes",
                              "<th scope=\"col\">Workload</th><th scope=\"col\">Strategy</th>"
                              "<th scope=\"col\" class=\"number\">ok</th>"
                              "<th scope=\"col\">other outcomes</th>"
                              "<th scope=\"col\" class=\"number\">share</th>",
                              outcomes.rows);
    }
    if (!unusable.empty()) {
      content += folded_table("outcomes",
                              "<th scope=\"col\">Workload</th><th scope=\"col\">Strategy</th>"
                              "<th scope=\"col\">what</th><th scope=\"col\">reason</th>",
                              unusable);
    }
  }
  return section("outcomes", "Outcomes",
                 "How requests ended, and which trials gave no figures. Latencies are those of "
                 "requests that ended well.",
                 content);
}

std::string change_section(const PageInput& input) {
  if (input.change == nullptr) return "";
  constexpr const char* kHead =
      "<th scope=\"col\">Cell</th><th scope=\"col\">Figure</th>"
      "<th scope=\"col\" class=\"number\">Now, as a multiple of before</th>"
      "<th scope=\"col\">How sure</th>";
  std::vector<std::string> told;
  std::vector<std::string> rest;
  for (const ShownChange& change : changes_of(input.change->comparison)) {
    (change.told ? told : rest).push_back(change_row(change));
  }
  std::string content = verdict_html(verdict_of(*input.change));
  // The answer must stay in sight below it.
  constexpr std::size_t kChangesShown = 12;
  if (!told.empty()) content += folded_table("change", kHead, told, kChangesShown);
  if (!rest.empty()) {
    content += fmt::format(
        "<details><summary>{} comparisons without a shown change</summary>\n{}"
        "</details>\n",
        rest.size(), folded_table("change", kHead, rest));
  }
  const std::vector<std::string>& missing = input.change->comparison.missing;
  if (!missing.empty()) {
    content += fmt::format(
        "<details><summary>{} not in both results</summary>\n<ul>\n",
        missing.size() == 1 ? "1 cell is" : fmt::format("{} cells are", missing.size()));
    for (const std::string& cell : missing) content += fmt::format("<li>{}</li>\n", xml_text(cell));
    content += "</ul></details>\n";
  }
  return section(
      "change", "Better or worse than before?",
      fmt::format("{} against {}; regressions first.", xml_text(input.change->after_name),
                  xml_text(input.change->before_name)),
      content);
}

std::string method_section(const PageInput& input) {
  std::string content;
  if (!std::ranges::all_of(input.results, any_turns)) content += kWindows;
  if (std::ranges::any_of(input.results, any_turns)) content += kTurns;
  content += kMethod;
  for (const Reported& reported : input.results) {
    content += result_heading(input, reported) + environment_table(*reported.result);
    content += fmt::format("<p>Measured by</p>\n<pre class=\"command\">{}</pre>\n",
                           xml_text(command_text(reported.result->run.command)));
    content += cells_tables(reported);
  }
  content +=
      "<p><button id=\"download\" type=\"button\">Download the figures as JSON</button></p>\n";
  return section("method", "How measured", "And every figure, to be sorted and checked.", content);
}

}  // namespace asyncbench::report
