// Why one strategy beats another: what profiles say, side by side.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "analyze/causes.hpp"
#include "analyze/profile.hpp"
#include "report/causes_text.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/page_sections.hpp"
#include "report/profile_text.hpp"

namespace asyncbench::report {
namespace {

using analyze::Category;
using analyze::CellProfile;

// The profiles of the cells with samples, the least CPU first.
std::vector<CellProfile> profiles_of(const analyze::Group& group) {
  std::vector<CellProfile> profiles;
  for (const result::Cell* cell : group.cells) {
    CellProfile profile = analyze::profile_of(*cell);
    if (profile.all.samples > 0) profiles.push_back(std::move(profile));
  }
  std::ranges::stable_sort(profiles, {}, [](const CellProfile& profile) { return profile.all.ns; });
  return profiles;
}

std::string row(std::string_view name, const std::vector<CellProfile>& profiles, auto&& cell) {
  std::string text = fmt::format("<tr><th scope=\"row\">{}</th>", name);
  for (const CellProfile& profile : profiles) text += cell(profile);
  return text + "</tr>\n";
}

// Shaded by the share of the strategy's CPU, as the matrix of strategies is.
std::string share_html(const CellProfile& profile, Category category) {
  const analyze::Share& share = profile.of(category);
  const double part = share.ns / profile.all.ns;
  return fmt::format(
      "<td class=\"number share s{:.0f}\" data-value=\"{}\" title=\"{} samples, ± {} at 95 %\">"
      "{:.0f} <span class=\"part\">{}</span></td>",
      std::floor(part * 10), share.ns, share.samples,
      xml_text(format_duration_ns(1.96 * share.standard_error)), share.ns,
      xml_text(format_percent(part)));
}

std::string categories_table(const std::vector<CellProfile>& profiles) {
  std::string head = "<th scope=\"col\">ns per request</th>";
  for (const CellProfile& profile : profiles) {
    head +=
        fmt::format("<th scope=\"col\" class=\"number\">{}</th>", xml_text(profile.cell->strategy));
  }
  std::string rows;
  for (std::size_t i = 0; i < analyze::kCategories; ++i) {
    const auto category = static_cast<Category>(i);
    const bool seen = std::ranges::any_of(
        profiles, [&](const CellProfile& profile) { return profile.of(category).samples > 0; });
    if (!seen) continue;
    rows += row(analyze::info_of(category).title, profiles,
                [&](const CellProfile& profile) { return share_html(profile, category); });
  }
  rows += row("all samples", profiles, [](const CellProfile& profile) {
    return fmt::format("<td class=\"number total\">{:.0f}</td>", profile.all.ns);
  });
  rows += row("CPU account", profiles, [](const CellProfile& profile) {
    return profile.usage_ns
               ? fmt::format("<td class=\"number total\">{:.0f}</td>", *profile.usage_ns)
               : std::string("<td class=\"number\">–</td>");
  });
  return fmt::format(
      "<div class=\"table\"><table class=\"why\"><thead><tr>{}</tr></thead><tbody>\n{}</tbody>"
      "</table></div>\n",
      head, rows);
}

std::string sentences_html(const std::vector<CellProfile>& profiles) {
  std::string list;
  for (std::size_t i = 1; i < profiles.size(); ++i) {
    list += fmt::format("<li>{}</li>\n",
                        xml_text(analyze::difference_in_words(profiles[0], profiles[i])));
  }
  return list.empty() ? "" : fmt::format("<ul class=\"sentences\">\n{}</ul>\n", list);
}

// Line by line: a line end is a control character to all else.
std::string preformatted(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += xml_text(text.substr(0, end)) + '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// Calls, waits, batches and the tail, as the terminal has them; then what the profile lacks.
std::string causes_html(const analyze::Group& group, const std::vector<CellProfile>& profiles) {
  std::vector<analyze::Causes> causes;
  for (const CellProfile& profile : profiles) causes.push_back(analyze::causes_of(*profile.cell));
  if (profiles.empty()) {
    for (const result::Cell* cell : group.cells) causes.push_back(analyze::causes_of(*cell));
  }
  std::string content = fmt::format(
      "<details><summary>System calls, waits, batches and the slowest requests</summary>\n"
      "<pre class=\"causes\">{}</pre></details>\n",
      preformatted(causes_text(causes)));
  std::vector<std::string> lacks;
  for (const CellProfile& profile : profiles) {
    for (const std::string& reason : profile.lacks) {
      if (std::ranges::find(lacks, reason) == lacks.end()) lacks.push_back(reason);
    }
  }
  for (const std::string& reason : lacks) {
    content += fmt::format("<p>Not measured: {}</p>\n", xml_text(reason));
  }
  return content;
}

}  // namespace

std::string why_section(const PageInput& input) {
  std::string content;
  for (const Reported& reported : input.results) {
    if (!has_profile(*reported.result)) continue;
    content += result_heading(input, reported);
    for (const analyze::Group& group : reported.groups) {
      const std::vector<CellProfile> profiles = profiles_of(group);
      content += fmt::format("<h3>{} <span class=\"parameters\">{}</span></h3>\n",
                             xml_text(group.cells.front()->workload),
                             parameters_html(reported, *group.cells.front(), true));
      if (!profiles.empty()) content += categories_table(profiles) + sentences_html(profiles);
      content += causes_html(group, profiles);
    }
  }
  if (content.empty()) return "";
  return section("why", "Why",
                 "Where the CPU time of a request goes, from samples of call stacks in trials of "
                 "their own; differences are named beyond 95 % intervals over all rows together.",
                 content + "<div class=\"charts\"></div>\n");
}

}  // namespace asyncbench::report
