#include "measure/perf_ring.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace asyncbench::measure {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A ring as the kernel leaves it, with records of 64-bit words.
class FakeRing {
 public:
  explicit FakeRing(std::uint64_t start) { page_.data_head = page_.data_tail = start; }

  void put(std::uint32_t type, const std::vector<std::uint64_t>& words) {
    const perf_event_header header{
        .type = type,
        .misc = 0,
        .size = static_cast<std::uint16_t>(sizeof header + words.size() * sizeof(std::uint64_t))};
    write(&header, sizeof header);
    write(words.data(), words.size() * sizeof(std::uint64_t));
  }

  std::vector<std::vector<std::uint64_t>> drain() {
    std::vector<std::vector<std::uint64_t>> records;
    drain_ring(page_, data_, [&](const PerfRecord& record) {
      std::vector<std::uint64_t>& words = records.emplace_back();
      words.push_back(record.type);
      PerfFields fields(record.body);
      for (std::size_t i = 0; i < record.body.size() / sizeof(std::uint64_t); ++i) {
        words.push_back(fields.take<std::uint64_t>());
      }
    });
    return records;
  }

 private:
  void write(const void* bytes, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      data_[page_.data_head++ % data_.size()] = static_cast<const std::byte*>(bytes)[i];
    }
  }

  perf_event_mmap_page page_{};
  std::vector<std::byte> data_ = std::vector<std::byte>(64);
};

TEST(PerfRing, HandsOutRecordsInOrderAndOnce) {
  FakeRing ring(0);
  ring.put(PERF_RECORD_SAMPLE, {1, 2});
  ring.put(PERF_RECORD_LOST, {3});
  EXPECT_THAT(ring.drain(),
              ElementsAre(ElementsAre(PERF_RECORD_SAMPLE, 1, 2), ElementsAre(PERF_RECORD_LOST, 3)));
  EXPECT_THAT(ring.drain(), IsEmpty());
}

TEST(PerfRing, JoinsARecordThatGoesOverItsEnd) {
  for (std::uint64_t start = 0; start < 64; start += 8) {
    FakeRing ring(start);
    ring.put(PERF_RECORD_SAMPLE, {1, 2, 3, 4, 5});
    EXPECT_THAT(ring.drain(), ElementsAre(ElementsAre(PERF_RECORD_SAMPLE, 1, 2, 3, 4, 5))) << start;
  }
}

TEST(PerfFields, AreZeroBeyondTheEndAndSaySo) {
  const std::vector<std::byte> body(12, std::byte{1});
  PerfFields fields(body);
  EXPECT_EQ(fields.take<std::uint64_t>(), 0x0101010101010101U);
  EXPECT_TRUE(fields.ok());
  EXPECT_EQ(fields.take<std::uint64_t>(), 0U);
  EXPECT_FALSE(fields.ok());
  EXPECT_EQ(fields.take<std::uint32_t>(), 0U);
}

}  // namespace
}  // namespace asyncbench::measure
