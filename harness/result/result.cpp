#include "result/result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <numeric>

namespace asyncbench::result {

const Value* find(const Values& values, std::string_view name) {
  const auto found = std::ranges::find(values, name, &Values::value_type::first);
  return found == values.end() ? nullptr : &found->second;
}

std::optional<std::int64_t> Usage::cpu_ns() const {
  if (!cpu_user_ns || !cpu_system_ns) return std::nullopt;
  return *cpu_user_ns + *cpu_system_ns;
}

std::uint64_t Trial::ended() const {
  return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

std::optional<bool>& Trial::invariant(char letter) {
  const std::size_t position = kInvariants.find(letter);
  assert(position != std::string_view::npos);
  return invariants.at(position);
}

std::optional<bool> Trial::invariant(char letter) const {
  return const_cast<Trial*>(this)->invariant(letter);
}

bool Trial::broken() const {
  return std::ranges::find(invariants, std::optional<bool>(false)) != invariants.end();
}

std::string cell_id(const std::string& workload, const std::string& strategy,
                    const Values& parameters) {
  std::string id = fmt::format("{}/strategy:{}", workload, strategy);
  for (const auto& [name, value] : parameters) {
    std::visit([&](const auto& v) { id += fmt::format("/{}:{}", name, v); }, value);
  }
  return id;
}

Cell* Result::find_cell(std::string_view id) {
  const auto found = std::ranges::find(cells, id, &Cell::id);
  return found == cells.end() ? nullptr : &*found;
}

const Cell* Result::find_cell(std::string_view id) const {
  return const_cast<Result*>(this)->find_cell(id);
}

}  // namespace asyncbench::result
