// What a parameter changes: where the better strategy changes, and what more of it costs.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

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

// "no reason to move from thread_per_connection at 1, take readiness loops from 8 to 64": the
// advice along a parameter. Escaped by nobody yet.
std::string along(const Against& against, const analyze::Sweep& sweep) {
  struct Stretch {
    std::string text;
    double first;
    double last;
  };
  std::vector<Stretch> stretches;
  for (const analyze::SweepPoint& point : sweep.points) {
    const std::string text = advice(against.answers[point.group]);
    if (stretches.empty() || stretches.back().text != text) {
      stretches.push_back({text, point.value, point.value});
    }
    stretches.back().last = point.value;
  }
  if (stretches.size() == 1) return stretches.front().text + " throughout";
  std::vector<std::string> parts;
  for (const Stretch& stretch : stretches) {
    const std::string from = value_text(sweep, stretch.first);
    parts.push_back(
        stretch.first == stretch.last
            ? fmt::format("{} at {}", stretch.text, from)
            : fmt::format("{} from {} to {}", stretch.text, from, value_text(sweep, stretch.last)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

std::string sweeps_section(const PageInput& input) {
  if (std::ranges::all_of(input.results,
                          [](const Reported& reported) { return reported.sweeps.empty(); })) {
    return "";
  }
  std::string lead =
      "What more of it costs: CPU time per request and p99, with 95 % intervals as bands.";
  std::string content;
  if (std::ranges::any_of(input.results, any_comparison)) {
    lead +=
        " A line is the reference's median times the ratio to it in the same blocks, so that lines "
        "stand as the answer has them.";
  }
  for (const Reported& reported : input.results) {
    if (reported.sweeps.empty() || !any_comparison(reported)) continue;
    content += result_heading(input, reported);
    for (const Against& against : reported.against) {
      content += fmt::format("<ul class=\"sentences\"{}>\n", against_attribute(reported, against));
      for (const analyze::Sweep& sweep : reported.sweeps) {
        content += fmt::format("<li><b>{}</b> by {}: {}.</li>\n", xml_text(sweep.name),
                               xml_text(sweep.parameter), xml_text(along(against, sweep)));
      }
      content += "</ul>\n";
    }
  }
  return section("sweeps", "Along a parameter", lead, content + "<div class=\"charts\"></div>\n");
}

}  // namespace asyncbench::report
