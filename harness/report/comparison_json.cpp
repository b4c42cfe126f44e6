#include "report/comparison_json.hpp"

#include "report/location_json.hpp"

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using analyze::GroupComparison;
using analyze::Standing;

Json json_of(const Contrast& contrast) {
  return {{"figure", contrast.figure},
          {"pairs", contrast.pairs},
          {"ratio", ratio_json(contrast.ratio, [](double ratio) { return ratio; })},
          {"p", contrast.p},
          {"adjusted_p", contrast.adjusted_p},
          {"sureness", name_of(contrast.sureness)},
          {"why", contrast.why.empty() ? Json(nullptr) : Json(contrast.why)}};
}

Json json_of(const Standing& standing) {
  Json contrasts = Json::array();
  for (const Contrast& contrast : standing.contrasts) contrasts.push_back(json_of(contrast));
  return {{"cell", standing.cell->id},
          {"strategy", standing.cell->strategy},
          {"reference", standing.reference ? Json(standing.reference->strategy) : Json(nullptr)},
          {"contrasts", contrasts}};
}

Json json_of(const GroupComparison& group) {
  Json standings = Json::array();
  for (const Standing& standing : group.standings) standings.push_back(json_of(standing));
  return {{"group", group.name},
          {"figures", group.figures},
          {"standings", standings},
          {"notes", notes_json(group.notes)}};
}

}  // namespace

std::string comparison_json(const analyze::Comparison& comparison,
                            const std::vector<std::string>& results,
                            const std::vector<std::string>& forced) {
  Json groups = Json::array();
  for (const GroupComparison& group : comparison.groups) groups.push_back(json_of(group));
  return text_of({{"schema", schema_json("asyncbench-comparison")},
                  {"results", results},
                  {"forced", forced},
                  {"groups", groups},
                  {"missing", comparison.missing},
                  {"notes", notes_json(comparison.notes)}});
}

}  // namespace asyncbench::report
