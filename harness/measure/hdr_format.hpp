// HdrHistogram's V2 interchange format; what the counts mean is histogram.hpp's.
//
// Compressed form (base64 in text): cookie 0x1c849314, length of the rest, and a zlib stream that
// holds: cookie 0x1c849313, payload length, normalizing index offset (0), significant digits (all
// int32), lowest and highest trackable value (int64), value ratio (double, 1.0), and the payload:
// the counts from index 0 to the last one in use, each a ZigZag LEB128 number of at most nine
// bytes, of which the ninth uses all eight bits; a negative number -n stands for n zeros, n > 1.
// Integers are big-endian. Source: HdrHistogram's Java reference implementation,
// AbstractHistogram.encodeIntoCompressedByteBuffer and ZigZagEncoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace asyncbench::measure {

// The text is not a histogram that can be read; the message says what is wrong with it.
class HdrFormatError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct HdrRange {
  std::int64_t lowest = 1;
  std::int64_t highest = 0;
  std::int32_t significant_digits = 3;
};

// The counts of one histogram together: beyond this they have no exact place in a double, and those
// of many histograms would not add up in 64 bits.
inline constexpr std::uint64_t kMaxHdrTotal = std::uint64_t{1} << 53U;

// A count that is not 0, and its index.
struct HdrCount {
  std::size_t index = 0;
  std::uint64_t count = 0;

  bool operator==(const HdrCount&) const = default;
};

struct HdrCounts {
  HdrRange range;
  std::vector<HdrCount> counts;  // by ascending index
};

std::string to_base64(std::span<const unsigned char> bytes);

// Zeros at the end are left out; at least one count is written.
std::string encode_hdr(const HdrRange& range, std::span<const std::uint64_t> counts);

// Reads counts of indices below `max_counts`. Throws HdrFormatError.
HdrCounts decode_hdr(std::string_view text, std::size_t max_counts);

}  // namespace asyncbench::measure
