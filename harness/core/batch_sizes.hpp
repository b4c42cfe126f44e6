// How many operations each return from the kernel brought, as a distribution.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace asyncbench {

// Counts of sizes: exact up to kExact, then eight buckets for each power of two. For one thread.
class BatchSizes {
 public:
  static constexpr std::size_t kExact = 64;
  static constexpr std::size_t kBuckets = kExact + 8 * 26;  // the last one holds all beyond 2^32

  void add(std::uint64_t size, std::uint64_t times = 1) { counts_[bucket_of(size)] += times; }

  void merge(const BatchSizes& other) {
    for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  }

  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts_) sum += count;
    return sum;
  }

  // The least size that at least `share` of all do not exceed, above kExact rounded down by an
  // eighth at most; 0 when there are none.
  std::uint64_t quantile(double share) const {
    const auto all = static_cast<double>(total());
    double so_far = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      so_far += static_cast<double>(counts_[i]);
      if (so_far > 0 && so_far >= share * all) return lowest_of(i);
    }
    return 0;
  }

  const std::array<std::uint64_t, kBuckets>& counts() const { return counts_; }

  // (least size, count) of the buckets that are not empty, in order.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> rows() const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> rows;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      if (counts_[i] > 0) rows.emplace_back(lowest_of(i), counts_[i]);
    }
    return rows;
  }

  // Above kExact by the highest bit and the three below it.
  static constexpr std::size_t bucket_of(std::uint64_t size) {
    if (size < kExact) return size;
    const auto power = static_cast<std::size_t>(std::bit_width(size)) - 1;
    const std::size_t eighth = size >> (power - 3) & 7U;
    return std::min(kExact + 8 * (power - 6) + eighth, kBuckets - 1);
  }
  static constexpr std::uint64_t lowest_of(std::size_t bucket) {
    if (bucket < kExact) return bucket;
    const std::size_t power = (bucket - kExact) / 8 + 6;
    return (8 + (bucket - kExact) % 8) << (power - 3);
  }

  bool operator==(const BatchSizes&) const = default;

 private:
  std::array<std::uint64_t, kBuckets> counts_{};
};

// The same of one task that a thread drives by blocking calls: such batches are small, and there
// may be ten thousand tasks, whose memory is measured.
class TaskBatches {
 public:
  // Calls that can wait have returned, `returns` of them since the last time, and in its life the
  // task has had `completions` operations ended before.
  void woke(std::uint64_t returns, std::uint64_t completions) {
    if (returns == 0) return;
    if (has_woken_) add(completions - completions_before_, 1);
    if (returns > 1) add(0, returns - 1);
    has_woken_ = true;
    completions_before_ = completions;
  }

  void add_to(BatchSizes& sizes) const {
    for (std::size_t size = 0; size < small_.size(); ++size) sizes.add(size, small_[size]);
    if (large_) sizes.merge(*large_);
  }

 private:
  void add(std::uint64_t size, std::uint64_t times) {
    if (size < small_.size()) {
      small_[size] += static_cast<std::uint32_t>(times);
      return;
    }
    if (!large_) large_ = std::make_unique<BatchSizes>();
    large_->add(size, times);
  }

  std::array<std::uint32_t, 4> small_{};
  std::unique_ptr<BatchSizes> large_;
  std::uint64_t completions_before_ = 0;
  bool has_woken_ = false;
};

}  // namespace asyncbench
