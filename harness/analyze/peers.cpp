// Whether the best of a group is so whatever the other end is.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <vector>

#include "analyze/comparison.hpp"
#include "analyze/notes.hpp"

namespace asyncbench::analyze {
namespace {

using result::Result;

// The first tiers of the groups that do the same work, by the peer's strategy.
using ByPeer = std::map<std::string, std::vector<std::string>>;

// The group's work, whatever the peer.
std::string work_of(const result::Cell& cell) {
  result::Values parameters = cell.parameters;
  std::erase_if(parameters,
                [](const auto& parameter) { return parameter.first == result::kPeerParameter; });
  return result::cell_id(cell.workload, "*", parameters);
}

std::string peer_of(const result::Cell& cell, const Result& result) {
  const result::Value* const own = result::find(cell.parameters, result::kPeerParameter);
  return own == nullptr ? result.plan.peer_strategy : result::text_of(*own);
}

// Files and timers have no other end.
bool has_peer(const result::Cell& cell) {
  return std::ranges::any_of(cell.trials,
                             [](const result::Trial& trial) { return trial.peer.has_value(); });
}

void collect(const Comparison& comparison, const Result& result,
             std::map<std::string, ByPeer>& works) {
  // Nothing is known about a foreign server, and no peer strategy was chosen.
  const result::Value* const urls = result::find(result.plan.options, "urls");
  if (urls == nullptr || !result::text_of(*urls).empty()) return;
  for (const GroupComparison& group : comparison.groups) {
    if (group.reference == nullptr || !has_peer(*group.reference)) continue;
    const std::string peer = peer_of(*group.reference, result);
    if (peer.empty()) continue;
    std::vector<std::string>& best = works[work_of(*group.reference)][peer];
    for (const Standing& standing : group.standings) {
      if (standing.tier == 0U) best.push_back(standing.cell->strategy);
    }
  }
}

// Those that are in the first tier beside each peer.
std::vector<std::string> always_best(const ByPeer& by_peer) {
  std::vector<std::string> always = by_peer.begin()->second;
  for (const auto& [peer, best] : by_peer) {
    std::erase_if(always, [&, &tier = best](const std::string& strategy) {
      return std::ranges::find(tier, strategy) == tier.end();
    });
  }
  return always;
}

std::string dependence_text(const ByPeer& by_peer) {
  std::vector<std::string> parts;
  for (const auto& [peer, best] : by_peer) {
    parts.push_back(fmt::format("{} with peer {}", fmt::join(best, " or "), peer));
  }
  return fmt::format("which is best depends on the peer: {}", fmt::join(parts, "; "));
}

// `marks_one`: says of a winner that it was measured with one peer alone.
void note(Comparison& comparison, const std::map<std::string, ByPeer>& works, bool marks_one) {
  for (GroupComparison& group : comparison.groups) {
    std::erase_if(group.notes, [](const result::Note& note) {
      constexpr std::array kOfPeers = {kOnePeer, kPeersAgree, kPeersDisagree};
      return std::ranges::find(kOfPeers, note.code) != kOfPeers.end();
    });
    if (group.reference == nullptr) continue;
    const auto found = works.find(work_of(*group.reference));
    if (found == works.end()) continue;
    const ByPeer& by_peer = found->second;
    const std::vector<std::string> always = always_best(by_peer);
    if (by_peer.size() == 1) {
      if (!marks_one) continue;
      group.notes.push_back({std::string(kOnePeer),
                             fmt::format("the winner was measured with the peer strategy {} alone",
                                         by_peer.begin()->first)});
    } else if (always.empty()) {
      group.notes.push_back({std::string(kPeersDisagree), dependence_text(by_peer)});
    } else {
      std::vector<std::string> peers;
      for (const auto& [peer, best] : by_peer) peers.push_back(peer);
      group.notes.push_back(
          {std::string(kPeersAgree), fmt::format("among the best with each of the peers {}: {}",
                                                 fmt::join(peers, ", "), fmt::join(always, ", "))});
    }
  }
}

}  // namespace

void note_peers(Comparison& comparison, const Result& result) {
  std::map<std::string, ByPeer> works;
  collect(comparison, result, works);
  note(comparison, works, false);
}

void note_peers(Comparison& comparison, const std::vector<const Result*>& results) {
  std::map<std::string, ByPeer> works;
  for (const Result* result : results) collect(compare_strategies(*result), *result, works);
  note(comparison, works, true);
}

}  // namespace asyncbench::analyze
