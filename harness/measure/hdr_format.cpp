#include "measure/hdr_format.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <new>

namespace asyncbench::measure {

namespace {

using Bytes = std::vector<unsigned char>;

constexpr std::uint32_t kCookie = 0x1c849313;
constexpr std::uint32_t kCompressedCookie = 0x1c849314;
// The digit that says the word size; writers differ in it.
constexpr std::uint32_t kWordSizeBits = 0xf0;
constexpr std::size_t kHeaderBytes = 40;
constexpr std::size_t kCompressedHeaderBytes = 8;
constexpr std::size_t kMaxNumberBytes = 9;

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

[[noreturn]] void fail(const std::string& what) { throw HdrFormatError("HDR histogram: " + what); }

// By character: its six bits, or kNoDigit.
constexpr unsigned char kNoDigit = 64;
constexpr std::array<unsigned char, 256> kBase64Digits = [] {
  std::array<unsigned char, 256> digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < kBase64.size(); ++i) {
    digits[static_cast<unsigned char>(kBase64[i])] = static_cast<unsigned char>(i);
  }
  return digits;
}();

Bytes from_base64(std::string_view text) {
  if (text.size() % 4 != 0) fail("base64 whose length is not a multiple of 4");
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  Bytes bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const unsigned char digit = kBase64Digits[static_cast<unsigned char>(c)];
    if (digit == kNoDigit) fail("a character that is not base64");
    group = group << 6 | digit;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<unsigned char>(group >> bits));
      group &= (1U << bits) - 1;
    }
  }
  return bytes;
}

void put(Bytes& to, std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i > 0; --i) {
    to.push_back(static_cast<unsigned char>(value >> (8 * (i - 1))));
  }
}

// A signed number, folded so that small magnitudes are short: 0, -1, 1, -2 ... become 0, 1, 2, 3.
void put_number(Bytes& to, std::int64_t number) {
  std::uint64_t folded = static_cast<std::uint64_t>(number) << 1;
  if (number < 0) folded = ~folded;
  for (std::size_t i = 1; i < kMaxNumberBytes && folded > 0x7f; ++i) {
    to.push_back(static_cast<unsigned char>(folded | 0x80));
    folded >>= 7;
  }
  to.push_back(static_cast<unsigned char>(folded));
}

// Reads bytes from front to back, and fails at the end.
class Reader {
 public:
  explicit Reader(std::span<const unsigned char> bytes) : bytes_(bytes) {}

  bool at_end() const { return bytes_.empty(); }
  std::span<const unsigned char> rest() const { return bytes_; }

  std::uint64_t integer(std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | byte();
    return value;
  }

  std::int64_t number() {
    std::uint64_t folded = 0;
    for (std::size_t i = 0; i < kMaxNumberBytes; ++i) {
      const std::uint64_t next = byte();
      const bool last = i + 1 == kMaxNumberBytes;
      folded |= (last ? next : next & 0x7f) << (7 * i);
      if (last || next < 0x80) break;
    }
    const std::uint64_t value = (folded >> 1) ^ (~(folded & 1) + 1);
    return static_cast<std::int64_t>(value);
  }

 private:
  unsigned char byte() {
    if (bytes_.empty()) fail("cut off");
    const unsigned char first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }

  std::span<const unsigned char> bytes_;
};

Bytes payload_of(std::span<const std::uint64_t> counts) {
  Bytes payload;
  if (counts.empty()) return {0};
  std::size_t used = counts.size();
  while (used > 1 && counts[used - 1] == 0) --used;
  for (std::size_t i = 0; i < used;) {
    std::size_t zeros = 0;
    while (i + zeros < used && counts[i + zeros] == 0) ++zeros;
    if (zeros > 1) {
      put_number(payload, -static_cast<std::int64_t>(zeros));
      i += zeros;
    } else {
      put_number(payload, static_cast<std::int64_t>(counts[i++]));
    }
  }
  return payload;
}

std::vector<HdrCount> counts_of(Reader payload, std::size_t max_counts) {
  std::vector<HdrCount> counts;
  std::size_t index = 0;
  std::uint64_t total = 0;
  while (!payload.at_end()) {
    const std::int64_t number = payload.number();
    if (number < 0) {
      const std::uint64_t zeros = ~static_cast<std::uint64_t>(number) + 1;
      if (zeros > max_counts - index) fail("zeros beyond the range");
      index += zeros;
      continue;
    }
    if (index == max_counts) fail("counts beyond the range");
    if (number > 0) counts.push_back({index, static_cast<std::uint64_t>(number)});
    ++index;
    total += static_cast<std::uint64_t>(number);
    if (total > kMaxHdrTotal) fail("counts whose sum exceeds 2^53");
  }
  return counts;
}

// There is room for the largest histogram, but only as much of it is touched as this one needs.
struct Inflated {
  std::unique_ptr<unsigned char[]> room;
  std::size_t size = 0;
};

Inflated inflated(std::span<const unsigned char> compressed, std::size_t max_size) {
  Inflated plain{.room = std::make_unique_for_overwrite<unsigned char[]>(max_size)};
  uLongf size = static_cast<uLongf>(max_size);
  uLong consumed = static_cast<uLong>(compressed.size());
  const int result = uncompress2(plain.room.get(), &size, compressed.data(), &consumed);
  if (result == Z_BUF_ERROR) fail("deflated data cut off, or too much of it");
  if (result != Z_OK) fail("deflated data corrupt");
  if (consumed != compressed.size()) fail("bytes after the deflated data");
  plain.size = size;
  return plain;
}

}  // namespace

std::string to_base64(std::span<const unsigned char> bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t present = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < present ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) {
      text += j <= present ? kBase64[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

std::string encode_hdr(const HdrRange& range, std::span<const std::uint64_t> counts) {
  const Bytes payload = payload_of(counts);
  Bytes plain;
  plain.reserve(kHeaderBytes + payload.size());
  put(plain, kCookie, 4);
  put(plain, payload.size(), 4);
  put(plain, 0, 4);
  put(plain, static_cast<std::uint32_t>(range.significant_digits), 4);
  put(plain, static_cast<std::uint64_t>(range.lowest), 8);
  put(plain, static_cast<std::uint64_t>(range.highest), 8);
  put(plain, std::bit_cast<std::uint64_t>(1.0), 8);
  plain.insert(plain.end(), payload.begin(), payload.end());

  Bytes deflated(compressBound(static_cast<uLong>(plain.size())));
  uLongf size = static_cast<uLongf>(deflated.size());
  // The level that HistogramLogWriter uses, so that equal histograms give equal text. Only lack of
  // memory can make this fail.
  if (compress2(deflated.data(), &size, plain.data(), static_cast<uLong>(plain.size()),
                Z_BEST_COMPRESSION) != Z_OK) {
    throw std::bad_alloc();
  }
  Bytes whole;
  whole.reserve(kCompressedHeaderBytes + size);
  put(whole, kCompressedCookie, 4);
  put(whole, size, 4);
  whole.insert(whole.end(), deflated.data(), deflated.data() + size);
  return to_base64(whole);
}

HdrCounts decode_hdr(std::string_view text, std::size_t max_counts) {
  const Bytes whole = from_base64(text);
  Reader outer(whole);
  if ((outer.integer(4) & ~kWordSizeBits) != (kCompressedCookie & ~kWordSizeBits)) {
    fail("not in the V2 compressed encoding");
  }
  if (outer.integer(4) != outer.rest().size()) fail("a length that differs from that of the data");

  const Inflated plain = inflated(outer.rest(), kHeaderBytes + kMaxNumberBytes * max_counts);
  Reader inner({plain.room.get(), plain.size});
  if ((inner.integer(4) & ~kWordSizeBits) != (kCookie & ~kWordSizeBits)) {
    fail("not in the V2 encoding");
  }
  const std::uint64_t payload_size = inner.integer(4);
  if (inner.integer(4) != 0) fail("a shifted histogram (normalizing index offset)");
  HdrCounts read;
  read.range.significant_digits = static_cast<std::int32_t>(inner.integer(4));
  read.range.lowest = static_cast<std::int64_t>(inner.integer(8));
  read.range.highest = static_cast<std::int64_t>(inner.integer(8));
  if (std::bit_cast<double>(inner.integer(8)) != 1.0) fail("a value ratio other than 1");
  if (payload_size != inner.rest().size())
    fail("a payload length that differs from that of the data");
  read.counts = counts_of(inner, max_counts);
  return read;
}

}  // namespace asyncbench::measure
