#include "workloads/file_content.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace asyncbench::workloads {
namespace {

constexpr std::uint64_t kOffset = 8192;
constexpr std::uint64_t kWrite = 7;

std::vector<std::byte> made_block(std::size_t bytes = 4096) {
  std::vector<std::byte> block(bytes);
  fill_block(block);
  stamp_block(block, kOffset, kWrite);
  return block;
}

TEST(FileContent, MatchesOnlyAtItsPlaceAndForItsWrite) {
  for (const std::size_t bytes : {512U, 4096U, 256U * 1024}) {
    EXPECT_TRUE(block_matches(made_block(bytes), kOffset, kWrite)) << bytes;
  }
}

TEST(FileContent, NoticesABlockFromElsewhere) {
  EXPECT_FALSE(block_matches(made_block(), kOffset + 4096, kWrite));
}

TEST(FileContent, NoticesAnOlderWrite) {
  EXPECT_FALSE(block_matches(made_block(), kOffset, kWrite + 1));
}

TEST(FileContent, NoticesABlockWrittenInPart) {
  std::vector<std::byte> block = made_block();
  stamp_block(std::span(block).first(1024), kOffset, kWrite + 1);
  EXPECT_FALSE(block_matches(block, kOffset, kWrite));
  EXPECT_FALSE(block_matches(block, kOffset, kWrite + 1));
}

TEST(FileContent, NoticesEveryWrongByte) {
  std::vector<std::byte> block = made_block(1024);
  for (std::byte& byte : block) {
    byte ^= std::byte{1};
    EXPECT_FALSE(block_matches(block, kOffset, kWrite)) << &byte - block.data();
    byte ^= std::byte{1};
  }
}

}  // namespace
}  // namespace asyncbench::workloads
