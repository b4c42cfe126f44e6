#include "report/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "analyze/ranking.hpp"
#include "measure/hdr_format.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/page_sections.hpp"
#include "result/gzip.hpp"

namespace asyncbench::report {
namespace {

// A tenth of its bytes, and no markup, whatever names it holds.
std::string packed(const std::string& data) {
  const std::string bytes = result::gzipped(data);
  const auto* const first = reinterpret_cast<const unsigned char*>(bytes.data());
  return measure::to_base64({first, bytes.size()});
}

// What most groups are compared with, the first of several.
std::string reference_of(const analyze::Comparison& comparison) {
  std::map<std::string, std::size_t> groups;
  std::string most;
  for (const analyze::GroupComparison& group : comparison.groups) {
    if (group.reference == nullptr) continue;
    const std::string& name = group.reference->strategy;
    if (++groups[name] > groups[most]) most = name;
  }
  return most;
}

// Those that something valid was measured of, in the order of the groups.
std::vector<std::string> comparable_strategies(const analyze::Comparison& comparison) {
  std::vector<std::string> names;
  for (const analyze::GroupComparison& group : comparison.groups) {
    for (const analyze::Standing& standing : group.standings) {
      const std::string& name = standing.cell->strategy;
      if (standing.tier && std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

// A section that the script draws into; "" where no group has what it shows.
std::string chart_section(const PageInput& input, const std::string& id, const std::string& title,
                          const std::string& lead, bool (*has)(const Reported&)) {
  if (std::ranges::none_of(input.results, has)) return "";
  return section(id, title, lead, "<div class=\"charts\"></div>\n");
}

bool any_trial(const Reported& reported) {
  return std::ranges::any_of(reported.result->cells, [](const result::Cell& cell) {
    return cell.summary && cell.summary->trials_valid > 0;
  });
}

bool any_open_loop(const Reported& reported) {
  return any_trial(reported) && std::ranges::any_of(reported.groups, analyze::is_open_loop);
}

bool any_own_figure(const Reported& reported) {
  std::vector<const result::Cell*> cells;
  for (const result::Cell& cell : reported.result->cells) cells.push_back(&cell);
  return std::ranges::any_of(analyze::figures_of(cells), &analyze::Figure::is_own);
}

}  // namespace

std::string label_of(const result::Result& result) {
  std::string name = result.plan.suite;
  if (name.empty()) {
    std::set<std::string> workloads;
    for (const result::Cell& cell : result.cells) workloads.insert(cell.workload);
    name = workloads.size() == 1 ? *workloads.begin() : "asyncbench";
  }
  return fmt::format("{}, {}", name, result.run.started);
}

Reported::Reported(const result::Result& of, const std::string& reference)
    : result(&of),
      label(label_of(of)),
      groups(analyze::groups_of(of)),
      sweeps(analyze::sweeps_of(groups)) {
  const auto add = [&](const std::string& name, analyze::Comparison comparison) {
    std::vector<Answer> answers = answers_of(comparison);
    against.push_back({name, std::move(comparison), std::move(answers)});
  };
  analyze::Comparison chosen = analyze::compare_strategies(of, reference);
  const std::string first = reference_of(chosen);
  const std::vector<std::string> others = comparable_strategies(chosen);
  add(first, std::move(chosen));
  for (const std::string& name : others) {
    if (name != first) add(name, analyze::compare_strategies(of, name));
  }
}

bool any_comparison(const Reported& reported) {
  return std::ranges::any_of(reported.against.front().answers, [](const Answer& answer) {
    return answer.kind != AnswerKind::nothing && answer.kind != AnswerKind::alone;
  });
}

bool any_turns(const Reported& reported) {
  return std::ranges::any_of(reported.result->cells, [](const result::Cell& cell) {
    return std::ranges::any_of(cell.trials,
                               [](const result::Trial& trial) { return trial.turns.has_value(); });
  });
}

std::string section(const std::string& id, const std::string& title, const std::string& lead,
                    const std::string& content) {
  return fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n<p class=\"lead\">{}</p>\n{}</section>\n",
                     id, title, lead, content);
}

std::string result_heading(const PageInput& input, const Reported& reported) {
  if (input.results.size() < 2) return "";
  return fmt::format("<h3>{}</h3>\n", xml_text(reported.label));
}

std::string page_body(const PageInput& input) {
  std::string body = identity_section(input) + change_section(input);
  const std::string why = why_section(input);
  const std::string answer = answer_section(input);
  const std::string legend = "<div id=\"legend\"></div>\n";
  // Strategies are profiled to learn why.
  body += why.empty() ? answer + legend : legend + why + answer;
  body += chart_section(
      input, "forest", "Every strategy, and how sure that is",
      "A dot is how many times the reference\u2019s figure, measured in the same blocks; its line "
      "is the interval. A band around 1 is what the reference differs from itself, and dashed "
      "lines "
      "are the margin below which a difference is not worth a decision.",
      any_comparison);
  body += sweeps_section(input);
  body += chart_section(
      input, "throughput", "Throughput",
      "Medians across trials with their 95 % intervals. These hold the machine's own ups and "
      "downs, which the answer's ratios within blocks do not. The knee is where more requests in "
      "flight begin to wait rather than to help, by the Universal Scalability Law.",
      any_trial);
  body += chart_section(
      input, "percentiles", "Latency by percentile",
      "Read to the right: how bad the worst 1 in 10, 100, 1000 ... requests are. Requests that had "
      "not ended when the window closed are counted with the age they had.",
      any_trial);
  body += chart_section(
      input, "open-loop", "Latency against throughput",
      "Requests come on a schedule, whatever completes; latency counts from the time at which each "
      "was due, so a stall is not hidden by the requests that it kept from being sent.",
      any_open_loop);
  body += chart_section(input, "cost", "What a request costs",
                        "CPU time, system calls, context switches and memory of the side under "
                        "test. Fewer requests per second at the same cost is a choice; a higher "
                        "cost is not.",
                        any_trial);
  body += chart_section(
      input, "own", "Figures of the workloads' own",
      "What a workload measures beside its requests, such as the lag of a heartbeat or the "
      "amplification of the tail: medians across trials. The tables below have all of them.",
      any_own_figure);
  body += chart_section(
      input, "rounds", "Round by round",
      "In a round each strategy has a turn on the same machine in the same second. What the rounds "
      "of one strategy differ in is its own: some have two regimes, which a median would hide.",
      any_turns);
  body += chart_section(
      input, "stability", "Stability",
      "Latency over time in the trial with the median throughput, stronger where more requests "
      "lie, "
      "and every trial in the order in which it ran: a drift there would be the machine's.",
      any_trial);
  body += outcomes_section(input);
  body += method_section(input);
  return body;
}

std::string page(const PageInput& input) {
  const std::string title = fmt::format(
      "asyncbench: {}", input.results.empty() ? "no result" : input.results.front().label);
  const std::array<std::pair<std::string_view, std::string>, 3> places = {{
      {"<!--asyncbench:title-->", xml_text(title)},
      {"<!--asyncbench:body-->", page_body(input)},
      {"<!--asyncbench:data-->", packed(page_data(input))},
  }};
  // The markers stand in this order, and what is put in is not searched again: foreign text may
  // hold a marker.
  std::string_view rest = page_template();
  std::string out;
  for (const auto& [marker, content] : places) {
    const std::size_t at = rest.find(marker);
    out += rest.substr(0, at);
    out += content;
    rest.remove_prefix(at + marker.size());
  }
  return out.append(rest);
}

}  // namespace asyncbench::report
