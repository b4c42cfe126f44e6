#include "workloads/echo_message.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace asyncbench::workloads {
namespace {

std::vector<std::byte> whole(const EchoMessage& message, std::uint64_t most_a_piece) {
  std::vector<std::byte> bytes;
  while (bytes.size() < message.size()) {
    const auto piece = message.piece(bytes.size(), most_a_piece);
    EXPECT_FALSE(piece.empty());
    EXPECT_LE(piece.size(), most_a_piece);
    bytes.insert(bytes.end(), piece.begin(), piece.end());
  }
  return bytes;
}

EchoMessage message_of(std::uint64_t connection, std::uint64_t sequence, std::uint64_t bytes) {
  EchoMessage message(connection, bytes);
  message.begin(sequence);
  return message;
}

// Whether the check accepts `echo`, fed in parts of `part` bytes, as `message`.
bool passes(const EchoMessage& message, std::span<const std::byte> echo, bool content,
            std::size_t part = 1000) {
  EchoCheck check;
  check.begin(message, content);
  while (!echo.empty()) {
    const auto head = echo.first(std::min(part, echo.size()));
    check.bytes(head);
    echo = echo.subspan(head.size());
  }
  EXPECT_TRUE(check.is_complete());
  return check.matches();
}

TEST(EchoMessage, IsTheSameInWhateverPiecesItIsRead) {
  for (const std::uint64_t bytes : {16u, 64u, 16384u, 16385u, 200'000u, 1u << 20}) {
    const EchoMessage message = message_of(3, 9, bytes);
    const auto bytes_whole = whole(message, bytes);
    EXPECT_EQ(bytes_whole.size(), bytes);
    EXPECT_EQ(whole(message, 7777), bytes_whole);
  }
}

TEST(EchoMessage, UpToItsOwnBytesLiesTogether) {
  EXPECT_EQ(EchoMessage(1, EchoMessage::kOwnBytes).piece(0, 1 << 20).size(),
            EchoMessage::kOwnBytes);
}

TEST(EchoCheck, AcceptsTheSameBytesInAnyParts) {
  for (const std::uint64_t bytes : {16u, 64u, 200'000u}) {
    const EchoMessage message = message_of(3, 9, bytes);
    const auto echo = whole(message, bytes);
    for (const std::size_t part : {1u, 5u, 16u, 32'768u}) {
      EXPECT_TRUE(passes(message, echo, true, part));
      EXPECT_TRUE(passes(message, echo, false, part));
    }
  }
}

TEST(EchoCheck, RefusesAnEarlierMessageWithoutComparingContent) {
  const EchoMessage message = message_of(3, 9, 64);
  for (const std::size_t part : {1u, 64u}) {
    EXPECT_FALSE(passes(message, whole(message_of(3, 8, 64), 64), false, part));
  }
}

TEST(EchoCheck, RefusesAnotherConnectionsMessageWithoutComparingContent) {
  const EchoMessage message = message_of(3, 9, 64);
  EXPECT_FALSE(passes(message, whole(message_of(2, 9, 64), 64), false));
}

TEST(EchoCheck, RefusesAnyWrongByteWhereContentIsCompared) {
  const EchoMessage message = message_of(3, 9, 40'000);
  for (const std::size_t wrong : {0u, 15u, 16u, 20'000u, 39'999u}) {
    auto echo = whole(message, 40'000);
    echo[wrong] ^= std::byte{1};
    EXPECT_FALSE(passes(message, echo, true)) << wrong;
    EXPECT_EQ(passes(message, echo, false), wrong >= kEchoHeadBytes) << wrong;
  }
}

TEST(EchoCheck, RefusesMoreThanWasSent) {
  const EchoMessage message = message_of(3, 9, 64);
  auto echo = whole(message, 64);
  echo.push_back(std::byte{0});
  EXPECT_FALSE(passes(message, echo, false));
}

}  // namespace
}  // namespace asyncbench::workloads
