#include "report/comparison_json.hpp"

#include "report/answer.hpp"
#include "report/location_json.hpp"

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using analyze::GroupComparison;
using analyze::Standing;

// The words of version 1.0.
std::string_view sureness_before_1_1(analyze::Decision decision) {
  if (analyze::is_different(decision)) return "clear";
  if (decision == analyze::Decision::alike) return "no difference shown";
  return decision == analyze::Decision::undecided ? "inconclusive" : "invalid";
}

Json json_of(const Contrast& contrast) {
  const analyze::Judgement& judgement = contrast.judgement;
  return {
      {"figure", contrast.figure},
      {"pairs", judgement.blocks},
      {"ratio", ratio_json(judgement.ratio, [](double ratio) { return ratio; })},
      {"deviation", judgement.deviation},
      {"p", judgement.p},
      {"adjusted_p", judgement.adjusted_p},
      {"decision", name_of(judgement.decision)},
      {"sureness", sureness_before_1_1(judgement.decision)},
      {"blocks_needed", judgement.blocks_needed ? Json(*judgement.blocks_needed) : Json(nullptr)},
      {"why", contrast.why.empty() ? Json(nullptr) : Json(contrast.why)}};
}

Json json_of(const std::vector<Contrast>& contrasts) {
  Json list = Json::array();
  for (const Contrast& contrast : contrasts) list.push_back(json_of(contrast));
  return list;
}

Json tier_json(const std::optional<std::size_t>& tier) {
  return tier ? Json(*tier) : Json(nullptr);
}

Json json_of(const Standing& standing, const GroupComparison& group) {
  return {{"cell", standing.cell->id},
          {"strategy", standing.cell->strategy},
          {"family", standing.family},
          {"reference", group.reference ? Json(group.reference->strategy) : Json(nullptr)},
          {"tier", tier_json(standing.tier)},
          {"contrasts", json_of(standing.contrasts)},
          {"behind", json_of(standing.behind)},
          {"in_family", standing.in_family ? json_of(*standing.in_family) : Json(nullptr)}};
}

Json json_of(const analyze::FamilyStanding& family) {
  Json members = Json::array();
  for (const result::Cell* cell : family.members) members.push_back(cell->strategy);
  return {{"family", family.name},
          {"members", members},
          {"tier", tier_json(family.tier)},
          {"one_tier", family.one_tier},
          {"contrasts", json_of(family.contrasts)}};
}

// What the terminal says, and its fields.
Json json_of(const Answer& answer) {
  Json best = Json::array();
  for (const Standing* standing : answer.best) best.push_back(standing->cell->strategy);
  return {{"kind", name_of(answer.kind)}, {"best", best},         {"choice", answer.choice},
          {"gain", answer.gain},          {"take", answer.take},  {"behind", answer.behind},
          {"losses", answer.losses},      {"noise", answer.noise}};
}

Json json_of(const GroupComparison& group, const analyze::Comparison& comparison) {
  Json families = Json::array();
  for (const analyze::FamilyStanding& family : group.families) families.push_back(json_of(family));
  Json standings = Json::array();
  for (const Standing& standing : group.standings) standings.push_back(json_of(standing, group));
  Json losses = Json::array();
  for (const analyze::Loss& loss : group.losses) {
    losses.push_back({{"strategy", loss.cell->strategy},
                      {"against", loss.against->strategy},
                      {"contrast", json_of(loss.contrast)}});
  }
  Json noise(nullptr);
  if (group.noise) {
    noise = {{"strategy", group.noise->cell->strategy},
             {"contrasts", json_of(group.noise->contrasts)}};
  }
  return {{"group", group.name},
          {"figures", group.figures},
          {"reference", group.reference ? Json(group.reference->strategy) : Json(nullptr)},
          {"families", families},
          {"standings", standings},
          {"losses", losses},
          {"noise", noise},
          {"answer", comparison.apart ? Json(nullptr) : json_of(answer_of(group, comparison.rule))},
          {"notes", notes_json(group.notes)}};
}

}  // namespace

std::string comparison_json(const analyze::Comparison& comparison,
                            const std::vector<std::string>& results,
                            const std::vector<std::string>& forced) {
  Json groups = Json::array();
  for (const GroupComparison& group : comparison.groups)
    groups.push_back(json_of(group, comparison));
  return text_of({{"schema", schema_json("asyncbench-comparison", 1)},
                  {"results", results},
                  {"forced", forced},
                  {"relevant", comparison.rule.margin},
                  {"until_decided", comparison.rule.until_decided},
                  {"measured_apart", comparison.apart},
                  {"groups", groups},
                  {"missing", comparison.missing},
                  {"notes", notes_json(comparison.notes)}});
}

}  // namespace asyncbench::report
