// The latency histogram: it counts every value, keeps three significant digits, and merges exactly.
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

  // From kCounts counts, and the numbers of values below and above the range.
  Histogram(std::span<const std::uint64_t> counts, std::uint64_t below, std::uint64_t above);

  void record(std::int64_t ns, std::uint64_t times = 1);

  // Adds the other's counts: the result equals that of recording all values into one histogram.
  void merge(const Histogram& other);

  // All recorded values, including those out of range.
  std::uint64_t count() const { return below_ + inside_ + above_; }
  bool empty() const { return count() == 0; }

  // How many values were less than 1 ns (a clock that did not advance between two reads), and more
  // than 60 s.
  std::uint64_t below() const { return below_; }
  std::uint64_t above() const { return above_; }

  // The rank-th smallest of all values, for order statistics; `rank` is 1 to count(). Of the values
  // that share its bucket it returns the largest; 0 for a value below the range, kHighestNs for one
  // above it (a lower bound). An empty histogram gives 0; a rank beyond the last gives the last.
  std::int64_t value_at_rank(std::uint64_t rank) const;

  // The smallest value that at least `percentile` (0 to 100) percent of all values do not exceed.
  std::int64_t value_at_percentile(double percentile) const;

  // The lower end of the first bucket in use, and the upper end of the last. 0 when empty.
  std::int64_t min() const;
  std::int64_t max() const;

  // The mean of bucket midpoints, as in HdrHistogram. Values out of range count as 0 and
  // kHighestNs.
  double mean() const;

  // kCounts counts, or none while nothing in range has been recorded.
  std::span<const std::uint64_t> counts() const { return counts_; }

  // The counts in HdrHistogram's V2 compressed encoding, base64: "HISTFAAA...", which all
  // HdrHistogram libraries and tools read. The format has no place for below() and above(): store
  // them beside it.
  std::string encode() const;

  // The reverse of encode(). It also accepts what other writers encode, if they count from 1 ns
  // with three significant digits and hold nothing above 60 s. Throws HdrFormatError.
  static Histogram decode(std::string_view text, std::uint64_t below = 0, std::uint64_t above = 0);

  bool operator==(const Histogram&) const = default;

 private:
  std::vector<std::uint64_t> counts_;  // empty or kCounts
  std::uint64_t inside_ = 0;           // sum of counts_
  std::uint64_t below_ = 0;
  std::uint64_t above_ = 0;
};

// The counts that encode() has written, by ascending index: far fewer than kCounts.
struct StoredCounts {
  std::vector<HdrCount> inside;
  std::uint64_t below = 0;
  std::uint64_t above = 0;
};

// As Histogram::decode(), which uses it.
StoredCounts decode_counts(std::string_view text, std::uint64_t below, std::uint64_t above);

}  // namespace asyncbench::measure
