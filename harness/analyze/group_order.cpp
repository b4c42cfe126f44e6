#include "analyze/group_order.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>

#include "analyze/sweeps.hpp"

namespace asyncbench::analyze {
namespace {

// Something that groups differ in: the value of a parameter, as it is written and as a number.
struct Trait {
  std::string text;
  std::optional<Quantity> number;

  bool operator==(const Trait& other) const { return text == other.text; }
};

Trait trait_of(const Group& group, const std::string& parameter) {
  const result::Value* const value = result::find(group.cells.front()->parameters, parameter);
  return value == nullptr ? Trait{} : Trait{result::text_of(*value), quantity_of(*value)};
}

bool comes_before(const Trait& a, const Trait& b) {
  if (!a.number || !b.number) return !a.number && b.number;
  return std::tie(a.number->unit, a.number->value) < std::tie(b.number->unit, b.number->value);
}

using Ranks = std::vector<std::ptrdiff_t>;  // one a group

Ranks ranks_by(const std::vector<Group>& groups, auto&& trait) {
  std::vector<Trait> different;
  for (const Group& group : groups) {
    if (std::ranges::find(different, trait(group)) == different.end()) {
      different.push_back(trait(group));
    }
  }
  std::ranges::stable_sort(different, comes_before);
  Ranks ranks;
  for (const Group& group : groups) {
    ranks.push_back(std::ranges::find(different, trait(group)) - different.begin());
  }
  return ranks;
}

}  // namespace

void sort_groups(std::vector<Group>& groups) {
  std::vector<std::string> parameters;
  for (const Group& group : groups) {
    for (const auto& [name, value] : group.cells.front()->parameters) {
      if (std::ranges::find(parameters, name) == parameters.end()) parameters.push_back(name);
    }
  }
  std::vector<Ranks> by_trait = {ranks_by(groups, [](const Group& group) {
    return Trait{group.cells.front()->workload, {}};
  })};
  for (const std::string& name : parameters) {
    by_trait.push_back(
        ranks_by(groups, [&name](const Group& group) { return trait_of(group, name); }));
  }
  std::vector<std::pair<Ranks, Group>> keyed;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    Ranks key;
    for (const Ranks& ranks : by_trait) key.push_back(ranks[i]);
    keyed.emplace_back(std::move(key), std::move(groups[i]));
  }
  std::ranges::stable_sort(keyed, {}, [](const auto& pair) -> const Ranks& { return pair.first; });
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = std::move(keyed[i].second);
}

}  // namespace asyncbench::analyze
