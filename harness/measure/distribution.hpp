// A histogram in the form that the analysis of many trials reads ranks from.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "measure/histogram.hpp"

namespace asyncbench::measure {

// The values that occur in a histogram, ascending, each with the number of values that are at most
// as large. It has a few hundred steps instead of Histogram::kCounts counts, and a rank is found by
// binary search. A plain value.
class Distribution {
 public:
  Distribution() = default;
  explicit Distribution(const Histogram& histogram);

  // Decodes a histogram's text; see Histogram::decode(). Throws HdrFormatError.
  static Distribution decode(std::string_view text, std::uint64_t below, std::uint64_t above);

  // The values of both.
  Distribution merged(const Distribution& other) const;

  std::uint64_t count() const { return steps_.empty() ? 0 : steps_.back().up_to; }
  bool empty() const { return steps_.empty(); }

  // As Histogram::value_at_rank().
  std::int64_t value_at_rank(std::uint64_t rank) const;

 private:
  struct Step {
    std::int64_t value_ns = 0;
    std::uint64_t up_to = 0;  // how many values are at most value_ns
  };

  void add(std::int64_t value_ns, std::uint64_t times);

  std::vector<Step> steps_;
};

}  // namespace asyncbench::measure
