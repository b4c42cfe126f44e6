// The encoded strings are public test data of the HdrHistogram libraries for Java, JavaScript, Go
// and C: other writers produce them, and other readers expect them.
#include "measure/hdr_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/histogram.hpp"

namespace asyncbench::measure {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kEnough = 100'000;

std::vector<std::uint64_t> one_at(std::size_t index) {
  std::vector<std::uint64_t> counts(index + 1);
  counts[index] = 1;
  return counts;
}

TEST(HdrFormat, WritesWhatOtherLibrariesWriteToTheBit) {
  EXPECT_EQ(encode_hdr({.lowest = 1, .highest = 2, .significant_digits = 3}, one_at(42)),
            "HISTFAAAAB542pNpmSzMwMDAxAABzFCaEUoz2X+AMIKZAEARAtM=");
}

TEST(HdrFormat, ReadsWhatOtherLibrariesWrite) {
  const Histogram histogram =
      Histogram::decode("HISTFAAAAB542pNpmSzMwMDAxAABzFCaEUoz2X+AMIKZAEARAtM=");
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.mean(), 42.0);
}

TEST(HdrFormat, RefusesAShiftedHistogram) {
  EXPECT_THROW(decode_hdr("HISTFAAAAB94nJNpmSzMwMDABMSMQMzMAAGMUJoJxg9mAgA1TQGm", kEnough),
               HdrFormatError);
}

TEST(HdrFormat, ReadsTheRangeOfAnEmptyHistogram) {
  const HdrCounts read = decode_hdr("HISTFAAAABl4nJNpmSzMgADMUFoEyn1h/wHCAgBDogN4", kEnough);
  EXPECT_EQ(read.range.lowest, 20);
  EXPECT_EQ(read.range.highest, 1000);
  EXPECT_EQ(read.range.significant_digits, 3);
  EXPECT_TRUE(read.counts.empty());
}

TEST(HdrFormat, ReadsTheMaximumThatALogSaysOfItsHistogram) {
  // A line of a HistogramLogWriter file: "Interval_Max" 103.0, unit 1, two significant digits.
  const HdrCounts read = decode_hdr(
      "HISTFAAAAJt4nJNpmSzMwMBQyQABzFCaEYhFZK8nMNh/gAi0OF1qYPyQ9SlzVfqxxEsZx1K2xSxJuhHzK35R3K3ohrhl"
      "YQ+SLiSciv+QeiD5Ue6C5LbSH+VtBZNiT/lscXyjeU34B8cn5hmMTjYqTmYGbKosAkxCbGIsQiw8XBx8LEIiTAIcQjxA"
      "BqMYD4cQi4AQBxeQFmAUYxTi4wEAuYstOA==",
      kEnough);
  ASSERT_FALSE(read.counts.empty());
  EXPECT_EQ(read.counts.back().index, 103U);
}

TEST(HdrFormat, RefusesAnotherUnitOrPrecision) {
  EXPECT_THROW(Histogram::decode("HISTFAAAABl4nJNpmSzMgADMUFoEyn1h/wHCAgBDogN4"), HdrFormatError);
  EXPECT_THROW(Histogram::decode(
                   encode_hdr({.lowest = 1, .highest = 2, .significant_digits = 2}, one_at(1))),
               HdrFormatError);
}

TEST(HdrFormat, CountsOfAWiderRangeThanOursAreRefused) {
  const std::string text = encode_hdr({.lowest = 1, .highest = 1LL << 50, .significant_digits = 3},
                                      one_at(Histogram::kCounts));
  EXPECT_THROW(Histogram::decode(text), HdrFormatError);
}

TEST(HdrFormat, KeepsEveryMagnitudeOfCount) {
  std::vector<std::uint64_t> counts;
  for (unsigned bit = 0; bit < 52; ++bit) counts.push_back(1ULL << bit);
  counts.push_back((1ULL << 52) + 1);  // their sum is the most that there may be
  const HdrRange range{.lowest = 1, .highest = 1000, .significant_digits = 3};
  const HdrCounts read = decode_hdr(encode_hdr(range, counts), kEnough);
  ASSERT_EQ(read.counts.size(), counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    EXPECT_EQ(read.counts[i], (HdrCount{.index = i, .count = counts[i]}));
  }
}

TEST(HdrFormat, RefusesMoreThanAllMagnitudesTogether) {
  const HdrRange range{.lowest = 1, .highest = 1000, .significant_digits = 3};
  const std::vector<std::uint64_t> counts = {kMaxHdrTotal, 1};
  EXPECT_THROW(decode_hdr(encode_hdr(range, counts), kEnough), HdrFormatError);
}

TEST(HdrFormat, RefusesTheV1Encoding) {
  try {
    decode_hdr(
        "HISTIgAAAFd42pNpmazIwMAYxgABTBDKT4GBgdnNYMcCBvsPUBkeBkYGZqA8MwMbAzsDC5DFBCTZgJCDQY1BjkGLQZ"
        "RB"
        "lUEPCB8zWDCYMxgDZZkZhgJgHDibAY8JB/A=",
        kEnough);
    FAIL() << "accepted";
  } catch (const HdrFormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("V2"));
  }
}

TEST(HdrFormat, AnyCorruptionIsAnErrorOrACountNeverACrash) {
  Histogram histogram;
  for (int i = 1; i < 5000; ++i) histogram.record(i * i);
  const std::string text = histogram.encode();
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_THROW(Histogram::decode(std::string_view(text).substr(0, size)), HdrFormatError) << size;
  }
  for (std::size_t i = 0; i < text.size(); i += 7) {
    std::string bad = text;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    try {
      // A change that the checksum of the deflated data does not cover may still decode.
      Histogram::decode(bad);
    } catch (const HdrFormatError&) {
    }
  }
  EXPECT_THROW(Histogram::decode("HIST!AAA"), HdrFormatError);
  EXPECT_THROW(Histogram::decode(text + "AAAA"), HdrFormatError);
}

}  // namespace
}  // namespace asyncbench::measure
