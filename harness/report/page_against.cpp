// What forest plots are drawn from: each group against every reference.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "report/page_sections.hpp"

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using analyze::FamilyStanding;
using analyze::FigureName;
using analyze::GroupComparison;
using analyze::Standing;

// [estimate, low, high, "worse"] in the worse direction; null without blocks.
Json ratio_json(const Contrast* contrast) {
  if (contrast == nullptr || contrast->judgement.blocks == 0) return nullptr;
  const analyze::Location& ratio = contrast->judgement.ratio;
  return {rounded(ratio.estimate), ratio.low > 0 ? rounded(ratio.low) : Json(nullptr),
          rounded(ratio.high), name_of(contrast->decision())};
}

Json ratios_json(const std::vector<Contrast>& contrasts, const std::vector<FigureName>& figures,
                 bool is_reference) {
  Json ratios = Json::array();
  for (const FigureName figure : figures) {
    ratios.push_back(is_reference ? Json({1, nullptr, nullptr, "reference"})
                                  : ratio_json(find(contrasts, figure)));
  }
  return ratios;
}

Json row_json(const char* kind, const std::string& name, const std::string& looks_like,
              const std::string& section, Json ratios) {
  Json row = {{"name", name}, {"kind", kind}, {"ratios", std::move(ratios)}};
  if (looks_like != name) row["strategy"] = looks_like;
  if (!section.empty()) row["section"] = section;
  return row;
}

// What stands above the first strategy of a tier; "" elsewhere.
std::string tier_title(const std::vector<Standing>& standings, std::size_t index) {
  const Standing& standing = standings[index];
  if (index > 0 && standings[index - 1].tier == standing.tier) return "";
  if (!standing.tier) return "Not compared";
  if (*standing.tier == 0) {
    const auto best =
        std::ranges::count_if(standings, [](const Standing& each) { return each.tier == 0U; });
    return best == 1 ? "The best"
                     : fmt::format("The best {}: alike, or not told apart from the first", best);
  }
  return *standing.tier == 1 ? "Behind" : "Further behind";
}

Json group_json(const GroupComparison& group) {
  const std::vector<FigureName> figures = shown_figures(group);
  Json rows = Json::array();
  if (group.families.size() > 1) {
    for (const FamilyStanding& family : group.families) {
      const bool of_reference =
          std::ranges::find(family.members, group.reference) != family.members.end();
      rows.push_back(row_json("family", family.name, family.members.front()->strategy,
                              rows.empty() ? "Families, by the median of their members" : "",
                              ratios_json(family.contrasts, figures, of_reference)));
    }
  }
  for (std::size_t i = 0; i < group.standings.size(); ++i) {
    const Standing& standing = group.standings[i];
    rows.push_back(
        row_json("strategy", standing.cell->strategy, standing.cell->strategy,
                 tier_title(group.standings, i),
                 ratios_json(standing.contrasts, figures, standing.cell == group.reference)));
  }
  Json noise = Json::array();
  for (const FigureName figure : figures) {
    const Contrast* const contrast = group.noise ? find(group.noise->contrasts, figure) : nullptr;
    noise.push_back(contrast == nullptr || !std::isfinite(contrast->judgement.ratio.high)
                        ? Json(nullptr)
                        : Json({rounded(contrast->judgement.ratio.low),
                                rounded(contrast->judgement.ratio.high)}));
  }
  return {{"noise", noise}, {"rows", rows}};
}

}  // namespace

Json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr);
}

std::vector<FigureName> shown_figures(const GroupComparison& group) {
  std::vector<FigureName> figures = {group.figures.front()};
  for (const FigureName figure :
       {analyze::kTotalCpu, analyze::kThroughput, analyze::kServiceP99, analyze::kResponseP99,
        analyze::kHeartbeatLagP99, analyze::kMemoryPeak}) {
    const bool has = std::ranges::find(group.figures, figure) != group.figures.end();
    if (has && figure != figures.front()) figures.push_back(figure);
  }
  return figures;
}

Json against_json(const Reported& reported, std::size_t group) {
  Json json = Json::object();
  for (const Against& against : reported.against) {
    const GroupComparison& comparison = against.comparison.groups[group];
    // A group without that reference was compared with another one.
    if (comparison.reference == nullptr || comparison.reference->strategy != against.reference) {
      continue;
    }
    json[against.reference] = group_json(comparison);
  }
  return json;
}

}  // namespace asyncbench::report
