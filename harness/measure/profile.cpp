#include "measure/profile.hpp"

#include <algorithm>

namespace asyncbench::measure {

std::uint64_t CallTree::weight() const {
  std::uint64_t sum = 0;
  for (const Node& node : nodes) sum += node.weight;
  return sum;
}

std::vector<std::uint64_t> CallTree::stack_of(std::size_t node) const {
  std::vector<std::uint64_t> stack;
  for (auto at = static_cast<std::int64_t>(node); at != kNoParent;
       at = nodes[static_cast<std::size_t>(at)].parent) {
    stack.push_back(nodes[static_cast<std::size_t>(at)].function);
  }
  std::ranges::reverse(stack);
  return stack;
}

void CallTreeBuilder::add(std::span<const Function> stack, std::uint64_t weight) {
  std::int64_t parent = CallTree::kNoParent;
  for (const Function& function : stack) {
    const auto [known, is_new] = functions_.try_emplace(function, tree_.functions.size());
    if (is_new) tree_.functions.push_back(function);
    const auto [node, is_new_node] =
        nodes_.try_emplace({parent, known->second}, tree_.nodes.size());
    if (is_new_node) tree_.nodes.push_back({.parent = parent, .function = known->second});
    parent = static_cast<std::int64_t>(node->second);
  }
  tree_.nodes[static_cast<std::size_t>(parent)].weight += weight;
}

}  // namespace asyncbench::measure
