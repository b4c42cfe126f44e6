// The latency histogram: every value counted, three significant digits kept, merged exactly.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "measure/hdr_format.hpp"

namespace asyncbench::measure {

// Counts of durations in nanoseconds, with the bucket layout of HdrHistogram (lowest discernible
// value 1, highest trackable value 60 s, 3 significant digits): values up to 2047 ns are kept
// exactly, larger ones to better than 0.1 %. Values outside 1 ns to 60 s are counted apart.
// A plain value; one that has recorded nothing in range owns no memory. Not thread-safe.
class Histogram {
 public:
  static constexpr std::int64_t kLowestNs = 1;
  static constexpr std::int64_t kHighestNs = 60'000'000'000;
  static constexpr int kSignificantDigits = 3;

  // Each bucket after the first doubles the range and adds half as many sub-buckets as the first
  // has. 2048 is the smallest power of two that resolves 2 x 10^3 steps; 26 buckets reach 60 s.
  static constexpr std::size_t kSubBuckets = 2048;
  static constexpr std::size_t kBuckets = 26;
  static constexpr std::size_t kCounts = (kBuckets + 1) * (kSubBuckets / 2);

  static constexpr bool in_range(std::int64_t ns) { return ns >= kLowestNs && ns <= kHighestNs; }

  // Where a value that is in range is counted: below kCounts.
  static constexpr std::size_t index_of(std::int64_t ns) {
    const auto value = static_cast<std::uint64_t>(ns);
    const auto bucket = static_cast<std::size_t>(std::bit_width(value | (kSubBuckets - 1))) -
                        static_cast<std::size_t>(std::bit_width(kSubBuckets - 1));
    return bucket * (kSubBuckets / 2) + static_cast<std::size_t>(value >> bucket);
  }

  // The smallest and the largest value that are counted at an index.
  static std::int64_t lowest_at(std::size_t index);
  static std::int64_t highest_at(std::size_t index);

  Histogram() = default;

  // From kCounts counts and those of the values out of range.
  Histogram(std::span<const std::uint64_t> counts, std::uint64_t below, std::uint64_t above);

  void record(std::int64_t ns, std::uint64_t times = 1);

  // Adds the other's counts: the result equals that of recording all values into one histogram.
  void merge(const Histogram& other);

  // All recorded values, those out of range included.
  std::uint64_t count() const { return below_ + inside_ + above_; }
  bool empty() const { return count() == 0; }

  // Values less than 1 ns (a clock that did not advance between two reads), and more than 60 s.
  std::uint64_t below() const { return below_; }
  std::uint64_t above() const { return above_; }

  // The value of the rank-th smallest of all values, rank being 1 to count(): the largest value
  // that is counted with it, 0 for one below the range, kHighestNs for one above it (a lower
  // bound). For order statistics. An empty histogram gives 0, a rank beyond the last the last.
  std::int64_t value_at_rank(std::uint64_t rank) const;

  // The smallest value that at least `percentile` (0 to 100) percent of all values do not exceed.
  std::int64_t value_at_percentile(double percentile) const;

  // 0 when empty. To the resolution of the histogram: lower end of the first bucket in use, upper
  // end of the last.
  std::int64_t min() const;
  std::int64_t max() const;

  // Of bucket midpoints, as HdrHistogram has it. Values out of range enter as 0 and kHighestNs.
  double mean() const;

  // kCounts of them, or none while nothing in range was recorded.
  std::span<const std::uint64_t> counts() const { return counts_; }

  // The counts in HdrHistogram's V2 compressed encoding, base64: "HISTFAAA...", which all
  // HdrHistogram libraries and tools read. The format has no place for below() and above(): store
  // them beside it.
  std::string encode() const;

  // The reverse. Accepts what other writers encode too, as long as they count from 1 ns with three
  // significant digits and hold nothing above 60 s. Throws HdrFormatError.
  static Histogram decode(std::string_view text, std::uint64_t below = 0, std::uint64_t above = 0);

  bool operator==(const Histogram&) const = default;

 private:
  std::vector<std::uint64_t> counts_;  // empty or kCounts
  std::uint64_t inside_ = 0;           // sum of counts_
  std::uint64_t below_ = 0;
  std::uint64_t above_ = 0;
};

// What encode() has written, by ascending index: far fewer counts than kCounts.
struct StoredCounts {
  std::vector<HdrCount> inside;
  std::uint64_t below = 0;
  std::uint64_t above = 0;
};

// As Histogram::decode(), which is made of it.
StoredCounts decode_counts(std::string_view text, std::uint64_t below, std::uint64_t above);

}  // namespace asyncbench::measure
