// Histograms as text. It stands apart from their counting, which plugins have as well, without zlib.
#include <utility>

#include "measure/hdr_format.hpp"
#include "measure/histogram.hpp"

namespace asyncbench::measure {

std::string Histogram::encode() const {
  return encode_hdr(
      {.lowest = kLowestNs, .highest = kHighestNs, .significant_digits = kSignificantDigits},
      counts_);
}

StoredCounts decode_counts(std::string_view text, std::uint64_t below, std::uint64_t above) {
  HdrCounts read = decode_hdr(text, Histogram::kCounts);
  if (read.range.significant_digits != Histogram::kSignificantDigits) {
    throw HdrFormatError("HDR histogram: its counts do not have 3 significant digits");
  }
  // Java's unit is the largest power of two that is at most the lowest discernible value, so it is
  // 1 only for 1.
  if (read.range.lowest != Histogram::kLowestNs) {
    throw HdrFormatError("HDR histogram: its unit is not 1 ns");
  }
  StoredCounts stored{.inside = std::move(read.counts), .below = below, .above = above};
  // A value of 0 is below our range, and the last bucket reaches a little beyond 60 s.
  std::erase_if(stored.inside, [&](const HdrCount& count) {
    if (count.index == 0) stored.below += count.count;
    const bool beyond = count.index > Histogram::index_of(Histogram::kHighestNs);
    if (beyond) stored.above += count.count;
    return count.index == 0 || beyond;
  });
  return stored;
}

Histogram Histogram::decode(std::string_view text, std::uint64_t below, std::uint64_t above) {
  const StoredCounts stored = decode_counts(text, below, above);
  Histogram histogram;
  histogram.below_ = stored.below;
  histogram.above_ = stored.above;
  if (stored.inside.empty()) return histogram;
  histogram.counts_.resize(kCounts);
  for (const auto& [index, count] : stored.inside) {
    histogram.counts_[index] = count;
    histogram.inside_ += count;
  }
  return histogram;
}

}  // namespace asyncbench::measure
