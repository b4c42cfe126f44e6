#include "workloads/write_ledger.hpp"

#include <gtest/gtest.h>

#include <set>

#include "workloads/file_content.hpp"

namespace asyncbench::workloads {
namespace {

TEST(WriteLedger, WatchesOneBlockOfEachGroup) {
  constexpr std::uint64_t kBlocks = 1000;
  constexpr std::uint64_t kEvery = 64;
  const WriteLedger ledger(kBlocks, kEvery);
  ASSERT_EQ(ledger.size(), 16u);
  std::set<std::uint64_t> watched;
  for (std::uint64_t block = 0; block < kBlocks; ++block) {
    if (ledger.watches(block)) watched.insert(block);
  }
  ASSERT_EQ(watched.size(), ledger.size());
  for (std::uint64_t nth = 0; nth < ledger.size(); ++nth) {
    EXPECT_EQ(ledger.watched(nth) / kEvery, nth);
    EXPECT_TRUE(watched.contains(ledger.watched(nth)));
  }
}

TEST(WriteLedger, DoesNotWatchOneTaskOfThoseThatWriteInStep) {
  const WriteLedger ledger(64 * 64, 64);
  std::set<std::uint64_t> tasks;
  for (std::uint64_t nth = 0; nth < ledger.size(); ++nth) tasks.insert(ledger.watched(nth) % 32);
  EXPECT_GT(tasks.size(), 16u);
}

TEST(WriteLedger, WatchesEveryBlockWhenAsked) {
  const WriteLedger ledger(10, 1);
  ASSERT_EQ(ledger.size(), 10u);
  for (std::uint64_t block = 0; block < 10; ++block) EXPECT_TRUE(ledger.watches(block));
}

TEST(WriteLedger, ExpectsTheLastOfWritesOneAfterTheOther) {
  WriteLedger ledger(4, 1);
  EXPECT_EQ(ledger.expected(2), kPreparedWrite);
  for (const std::uint64_t write : {std::uint64_t{5}, WriteLedger::kWriteMost, std::uint64_t{3}}) {
    ledger.begun(2);
    EXPECT_EQ(ledger.expected(2), std::nullopt) << "under way";
    ledger.ended(2, write);
    EXPECT_EQ(ledger.expected(2), write);
  }
  EXPECT_EQ(ledger.expected(1), kPreparedWrite);
}

TEST(WriteLedger, DoubtsABlockAfterTwoWritesAtOnceUntilTheNext) {
  WriteLedger ledger(1, 1);
  ledger.begun(0);
  ledger.begun(0);
  ledger.ended(0, 1);
  ledger.ended(0, 2);
  EXPECT_EQ(ledger.expected(0), std::nullopt);
  ledger.begun(0);
  ledger.ended(0, 3);
  EXPECT_EQ(ledger.expected(0), 3u);
}

TEST(WriteLedger, DoubtsABlockWhoseWriteFailedUntilTheNext) {
  WriteLedger ledger(1, 1);
  ledger.begun(0);
  ledger.ended(0, std::nullopt);
  EXPECT_EQ(ledger.expected(0), std::nullopt);
  ledger.begun(0);
  ledger.ended(0, 4);
  EXPECT_EQ(ledger.expected(0), 4u);
}

}  // namespace
}  // namespace asyncbench::workloads
