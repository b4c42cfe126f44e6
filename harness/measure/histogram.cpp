#include "measure/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace asyncbench::measure {

namespace {

constexpr std::size_t kHalf = Histogram::kSubBuckets / 2;

// By how many bits the values of an index are shifted: the number of its bucket.
std::size_t bucket_at(std::size_t index) { return index < kHalf ? 0 : index / kHalf - 1; }

static_assert(Histogram::index_of(Histogram::kHighestNs) < Histogram::kCounts);
static_assert(Histogram::index_of(Histogram::kHighestNs) >= Histogram::kCounts - kHalf,
              "no bucket more than 60 s needs");

}  // namespace

std::int64_t Histogram::lowest_at(std::size_t index) {
  const std::size_t bucket = bucket_at(index);
  return static_cast<std::int64_t>((index - bucket * kHalf) << bucket);
}

std::int64_t Histogram::highest_at(std::size_t index) {
  return lowest_at(index) + (std::int64_t{1} << bucket_at(index)) - 1;
}

Histogram::Histogram(std::span<const std::uint64_t> counts, std::uint64_t below,
                     std::uint64_t above)
    : inside_(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0})),
      below_(below),
      above_(above) {
  if (inside_ == 0) return;
  counts_.assign(counts.begin(), counts.end());
  counts_.resize(kCounts);
}

void Histogram::record(std::int64_t ns, std::uint64_t times) {
  if (times == 0) return;
  if (!in_range(ns)) {
    (ns < kLowestNs ? below_ : above_) += times;
    return;
  }
  if (counts_.empty()) counts_.resize(kCounts);
  counts_[index_of(ns)] += times;
  inside_ += times;
}

void Histogram::merge(const Histogram& other) {
  below_ += other.below_;
  above_ += other.above_;
  inside_ += other.inside_;
  if (other.counts_.empty()) return;
  if (counts_.empty()) {
    counts_ = other.counts_;
    return;
  }
  for (std::size_t i = 0; i < kCounts; ++i) counts_[i] += other.counts_[i];
}

std::int64_t Histogram::value_at_rank(std::uint64_t rank) const {
  if (rank <= below_) return 0;
  std::uint64_t seen = below_;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(highest_at(i), kHighestNs);
  }
  return max();
}

std::int64_t Histogram::value_at_percentile(double percentile) const {
  // Without this step down, 99.9 % of 1000 values would be 999.0000000000001 values, so rank 1000.
  const double share = std::nextafter(std::clamp(percentile, 0.0, 100.0), 0.0) / 100.0;
  const double rank = std::ceil(share * static_cast<double>(count()));
  return value_at_rank(std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, count() + 1));
}

std::int64_t Histogram::min() const {
  if (below_ > 0) return 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] > 0) return lowest_at(i);
  }
  return above_ > 0 ? kHighestNs : 0;
}

std::int64_t Histogram::max() const {
  if (above_ > 0) return kHighestNs;
  for (std::size_t i = counts_.size(); i > 0; --i) {
    if (counts_[i - 1] > 0) return std::min(highest_at(i - 1), kHighestNs);
  }
  return 0;
}

double Histogram::mean() const {
  if (empty()) return 0;
  double sum = static_cast<double>(above_) * static_cast<double>(kHighestNs);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const std::int64_t middle = lowest_at(i) + (std::int64_t{1} << bucket_at(i)) / 2;
    sum += static_cast<double>(counts_[i]) * static_cast<double>(middle);
  }
  return sum / static_cast<double>(count());
}

}  // namespace asyncbench::measure
