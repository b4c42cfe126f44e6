#include "report/page_sections.hpp"

#include <algorithm>
#include <optional>

#include "analyze/profile.hpp"
#include "measure/wait_reasons.hpp"

namespace asyncbench::report {
namespace {

using measure::CallTree;

// Branches of a tree with less than this share of all are not drawn: nobody could see them.
constexpr double kLeastBranch = 0.001;

// The tree with its weights times `ns_per_weight`.
Json tree_json(const CallTree& tree, double ns_per_weight) {
  std::vector<std::uint64_t> own;
  std::vector<std::uint64_t> whole;
  for (const CallTree::Node& node : tree.nodes) own.push_back(node.weight);
  whole = own;
  // Callers come before those whom they call.
  for (std::size_t i = tree.nodes.size(); i-- > 0;) {
    const std::int64_t parent = tree.nodes[i].parent;
    if (parent != CallTree::kNoParent) whole[static_cast<std::size_t>(parent)] += whole[i];
  }
  const double least = kLeastBranch * static_cast<double>(tree.weight());
  constexpr std::int64_t kDropped = -2;
  std::vector<std::int64_t> index(tree.nodes.size(), kDropped);
  std::vector<std::int64_t> function_index(tree.functions.size(), kDropped);
  Json functions = Json::array();
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const CallTree::Node& node = tree.nodes[i];
    const bool is_root = node.parent == CallTree::kNoParent;
    if (!is_root && index[static_cast<std::size_t>(node.parent)] == kDropped) continue;
    if (static_cast<double>(whole[i]) < least) {
      if (!is_root) own[static_cast<std::size_t>(node.parent)] += whole[i];
      continue;
    }
    index[i] = static_cast<std::int64_t>(kept.size());
    kept.push_back(i);
    std::int64_t& function = function_index[node.function];
    if (function != kDropped) continue;
    function = static_cast<std::int64_t>(functions.size());
    functions.push_back({tree.functions[node.function].name, tree.functions[node.function].module});
  }
  Json nodes = Json::array();
  for (const std::size_t i : kept) {
    const CallTree::Node& node = tree.nodes[i];
    nodes.push_back({node.parent == CallTree::kNoParent
                         ? CallTree::kNoParent
                         : index[static_cast<std::size_t>(node.parent)],
                     function_index[node.function], static_cast<double>(own[i]) * ns_per_weight});
  }
  return {{"functions", functions}, {"nodes", nodes}};
}

Json on_cpu_json(const result::Cell& cell) {
  const analyze::CellProfile profile = analyze::profile_of(cell);
  if (profile.all.samples == 0 || profile.requests == 0) return nullptr;
  return tree_json(analyze::stacks_of(cell),
                   profile.all.ns / static_cast<double>(profile.all.samples));
}

// The latest valid trial that has the part; null when there is none.
template <class Part>
const result::Trial* latest(const result::Cell& cell, std::optional<Part> measure::Profile::*part) {
  return cell.latest_trial([part](const result::Trial& trial) {
    return trial.valid && trial.profile && ((*trial.profile).*part);
  });
}

Json off_cpu_json(const result::Cell& cell) {
  const result::Trial* trial = latest(cell, &measure::Profile::off_cpu);
  if (trial == nullptr) return nullptr;
  const auto counted = static_cast<std::uint64_t>(trial->profile->requests.value_or(0));
  const std::uint64_t requests = counted > 0 ? counted : trial->ended();
  const CallTree& stacks = trial->profile->off_cpu->stacks;
  if (requests == 0 || stacks.nodes.empty()) return nullptr;
  return tree_json(stacks, 1 / static_cast<double>(requests));
}

Json tail_json(const result::Cell& cell) {
  const result::Trial* trial = latest(cell, &measure::Profile::tail);
  if (trial == nullptr || trial->profile->tail->slowest.empty()) return nullptr;
  const measure::Tail& tail = *trial->profile->tail;
  Json activities = Json::array();
  for (std::size_t i = 0; i < measure::kActivities; ++i) {
    activities.push_back(name_of(static_cast<measure::Activity>(i)));
  }
  Json phases = Json::array();
  for (std::size_t i = 0; i < measure::kRequestPhases; ++i) {
    phases.push_back(name_of(static_cast<measure::RequestPhase>(i)));
  }
  Json slowest = Json::array();
  for (const measure::RequestAnatomy& request : tail.slowest) {
    measure::ActivityTimes by_activity{};
    std::array<std::int64_t, measure::kRequestPhases> by_phase{};
    for (std::size_t phase = 0; phase < measure::kRequestPhases; ++phase) {
      for (std::size_t activity = 0; activity < measure::kActivities; ++activity) {
        by_activity[activity] += request.phases[phase][activity];
        by_phase[phase] += request.phases[phase][activity];
      }
    }
    slowest.push_back({{"latency_ns", request.latency_ns()},
                       {"activities_ns", by_activity},
                       {"phases_ns", by_phase}});
  }
  return {{"activities", activities},
          {"phases", phases},
          {"p99_9_ns", tail.p99_9_ns},
          {"slowest", slowest}};
}

}  // namespace

Json profile_json(const result::Cell& cell) {
  const bool any = std::ranges::any_of(
      cell.trials, [](const result::Trial& trial) { return trial.profile.has_value(); });
  if (!any) return nullptr;
  return {
      {"on_cpu", on_cpu_json(cell)}, {"off_cpu", off_cpu_json(cell)}, {"tail", tail_json(cell)}};
}

}  // namespace asyncbench::report
