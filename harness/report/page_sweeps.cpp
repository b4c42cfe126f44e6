// What a parameter changes: where the better strategy changes, and what more of it costs.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "analyze/ranking.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/page_sections.hpp"

namespace asyncbench::report {
namespace {

std::string value_text(const analyze::Sweep& sweep, double value) {
  if (sweep.unit == "ns") return format_duration_ns(value);
  if (sweep.unit == "/s") return format_count(value) + "/s";
  return sweep.parameter.ends_with("_bytes") ? format_bytes(value) : fmt::format("{}", value);
}

// "along connections: thread_per_request at 1 to 4, uring from 8 on": where the better changes; ""
// where it does not.
std::string changes_of(const Reported& reported, const analyze::Sweep& sweep) {
  struct Stretch {
    std::string leader;
    double first;
    double last;
  };
  std::vector<Stretch> stretches;
  std::set<std::string> leaders;
  for (const analyze::SweepPoint& point : sweep.points) {
    const Answer& answer = reported.answers[point.group];
    const bool is_told = !answer.choice.empty();
    const std::string leader = is_told ? answer.choice : "none shown";
    if (is_told) leaders.insert(leader);
    if (stretches.empty() || stretches.back().leader != leader) {
      stretches.push_back({leader, point.value, point.value});
    }
    stretches.back().last = point.value;
  }
  if (leaders.size() < 2) return "";
  std::vector<std::string> parts;
  for (const Stretch& stretch : stretches) {
    const std::string from = value_text(sweep, stretch.first);
    parts.push_back(stretch.first == stretch.last
                        ? fmt::format("{} at {}", stretch.leader, from)
                        : fmt::format("{} from {} to {}", stretch.leader, from,
                                      value_text(sweep, stretch.last)));
  }
  return fmt::format("{}: the best along {} is {}", sweep.name, sweep.parameter,
                     fmt::join(parts, ", "));
}

// An open loop's sweep is drawn as latency against throughput.
bool is_closed(const Reported& reported, const analyze::Sweep& sweep) {
  return std::ranges::none_of(sweep.points, [&](const analyze::SweepPoint& point) {
    return analyze::is_open_loop(reported.groups[point.group]);
  });
}

}  // namespace

std::string sweeps_section(const PageInput& input) {
  std::string content;
  bool any_closed = false;
  for (const Reported& reported : input.results) {
    std::string list;
    for (const analyze::Sweep& sweep : reported.sweeps) {
      any_closed = any_closed || is_closed(reported, sweep);
      const std::string changes = changes_of(reported, sweep);
      if (!changes.empty()) list += fmt::format("<li>{}.</li>\n", xml_text(changes));
    }
    if (list.empty()) continue;
    content +=
        result_heading(input, reported) + fmt::format("<ul class=\"sentences\">\n{}</ul>\n", list);
  }
  if (content.empty() && !any_closed) return "";
  return section("sweeps", "Along a parameter",
                 "What more of it costs: CPU time per request and p99, medians across trials with "
                 "their 95 % intervals as bands.",
                 content + "<div class=\"charts\"></div>\n");
}

}  // namespace asyncbench::report
