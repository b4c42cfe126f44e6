#include "report/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "analyze/ranking.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/page_sections.hpp"

namespace asyncbench::report {
namespace {

std::string label_of(const result::Result& result) {
  std::string name = result.plan.suite;
  if (name.empty()) {
    std::set<std::string> workloads;
    for (const result::Cell& cell : result.cells) workloads.insert(cell.workload);
    name = workloads.size() == 1 ? *workloads.begin() : "asyncbench";
  }
  return fmt::format("{}, {}", name, result.run.started);
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

Reported::Reported(const result::Result& of)
    : result(&of),
      label(label_of(of)),
      groups(analyze::groups_of(of)),
      sweeps(analyze::sweeps_of(groups)),
      comparison(analyze::compare_strategies(of)),
      answers(answers_of(comparison)) {}

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
  const std::string top = answer_section(input) + matrix_section(input);
  const std::string legend = "<div id=\"legend\"></div>\n";
  // Strategies are profiled to learn why.
  body += why.empty() ? top + legend : legend + why + top;
  body += sweeps_section(input);
  body += chart_section(
      input, "throughput", "Throughput",
      "Median across trials; the band is its 95 % interval. The knee is where more requests in "
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
      {"<!--asyncbench:data-->", json_for_script(page_data(input))},
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
