#include "measure/distribution.hpp"

#include <algorithm>

namespace asyncbench::measure {
namespace {

std::int64_t value_at(std::size_t index) {
  return std::min(Histogram::highest_at(index), Histogram::kHighestNs);
}

}  // namespace

Distribution::Distribution(const Histogram& histogram) {
  add(0, histogram.below());
  const auto counts = histogram.counts();
  for (std::size_t i = 0; i < counts.size(); ++i) add(value_at(i), counts[i]);
  add(Histogram::kHighestNs, histogram.above());
}

Distribution Distribution::decode(std::string_view text, std::uint64_t below, std::uint64_t above) {
  const StoredCounts stored = decode_counts(text, below, above);
  Distribution distribution;
  distribution.steps_.reserve(stored.inside.size() + 2);
  distribution.add(0, stored.below);
  for (const auto& [index, count] : stored.inside) distribution.add(value_at(index), count);
  distribution.add(Histogram::kHighestNs, stored.above);
  return distribution;
}

Distribution Distribution::merged(const Distribution& other) const {
  Distribution both;
  both.steps_.reserve(steps_.size() + other.steps_.size());
  std::uint64_t mine = 0;  // how many of this one's values are taken
  std::uint64_t others = 0;
  auto a = steps_.begin();
  auto b = other.steps_.begin();
  while (a != steps_.end() || b != other.steps_.end()) {
    const bool first = b == other.steps_.end() || (a != steps_.end() && a->value_ns <= b->value_ns);
    const std::int64_t value_ns = first ? a->value_ns : b->value_ns;
    (first ? mine : others) = first ? (a++)->up_to : (b++)->up_to;
    both.add(value_ns, mine + others - both.count());
  }
  return both;
}

std::int64_t Distribution::value_at_rank(std::uint64_t rank) const {
  if (steps_.empty()) return 0;
  const auto step = std::ranges::lower_bound(steps_, rank, {}, &Step::up_to);
  return step == steps_.end() ? steps_.back().value_ns : step->value_ns;
}

void Distribution::add(std::int64_t value_ns, std::uint64_t times) {
  if (times == 0) return;
  const std::uint64_t before = count();
  if (steps_.empty() || steps_.back().value_ns != value_ns)
    steps_.push_back({.value_ns = value_ns});
  steps_.back().up_to = before + times;
}

}  // namespace asyncbench::measure
