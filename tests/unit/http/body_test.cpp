#include "http/body.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "split_feeding.hpp"

namespace asyncbench::http {
namespace {

std::string whole_body(std::string_view target, std::uint64_t size) {
  std::string body;
  while (body.size() < size) {
    const auto slice = body_slice(body_phase(target), body.size(), size - body.size());
    body.append(reinterpret_cast<const char*>(slice.data()), slice.size());
  }
  return body;
}

bool matches(BodyExpectation& expected, bool content, const std::vector<std::string>& pieces) {
  BodyCheck check;
  check.begin(expected, content);
  for (const std::string& piece : pieces) check.bytes(as_bytes(piece));
  return check.end(false);
}

TEST(Body, FollowsFromTheTargetAndRepeatsWithItsPeriod) {
  const std::string body = whole_body("/bytes/200000", 200'000);
  EXPECT_EQ(body.substr(0, 1000), body.substr(kBodyPeriodBytes, 1000));
  EXPECT_NE(body.substr(0, 1000), whole_body("/bytes/200001", 1000));
  EXPECT_EQ(body, whole_body("/bytes/200000", 200'000));
}

TEST(Body, SliceIsContiguousFromAnyPhase) {
  for (const std::size_t phase : {std::size_t{0}, std::size_t{1}, kBodyPeriodBytes - 1}) {
    const auto slice = body_slice(phase, 5, kBodyPeriodBytes + 9);
    ASSERT_EQ(slice.size(), kBodyPeriodBytes);
    const auto later = body_slice(phase, 5 + 1000, 10);
    EXPECT_EQ(std::memcmp(slice.data() + 1000, later.data(), later.size()), 0);
  }
}

TEST(BodyCheck, AcceptsTheOriginsBodyHoweverItIsCut) {
  auto expected = BodyExpectation::of_origin("/bytes/300");
  for (const auto& pieces : all_cuts(whole_body("/bytes/300", 300))) {
    ASSERT_TRUE(matches(expected, true, pieces));
  }
  auto large = BodyExpectation::of_origin("/chunked/150000");
  EXPECT_TRUE(matches(large, true, {whole_body("/chunked/150000", 150'000)}));
}

TEST(BodyCheck, FindsAnyFlippedBit) {
  auto expected = BodyExpectation::of_origin("/bytes/40");
  for (std::size_t i = 0; i < 40; ++i) {
    std::string body = whole_body("/bytes/40", 40);
    body[i] = static_cast<char>(body[i] ^ 1);
    for (const auto& pieces : all_cuts(body)) ASSERT_FALSE(matches(expected, true, pieces)) << i;
    EXPECT_TRUE(matches(expected, false, {body})) << "the length alone was asked for";
  }
}

TEST(BodyCheck, FindsAWrongLength) {
  auto expected = BodyExpectation::of_origin("/bytes/40");
  EXPECT_FALSE(matches(expected, false, {std::string(39, 'x')}));
  EXPECT_FALSE(matches(expected, false, {std::string(41, 'x')}));
  EXPECT_FALSE(matches(expected, true, {whole_body("/bytes/40", 39)}));
}

TEST(BodyCheck, TakesNoBodyWhereThereCanBeNone) {
  auto expected = BodyExpectation::of_origin("/bytes/40");
  BodyCheck check;
  check.begin(expected, true);
  EXPECT_TRUE(check.end(true));
}

TEST(BodyCheck, LearnsAForeignServersBodyFromTheFirstReply) {
  const std::string body = whole_body("/any", 77);
  std::string other = body;
  other[70] = static_cast<char>(other[70] ^ 1);
  for (const auto& first : all_cuts(body)) {
    auto expected = BodyExpectation::of_foreign_server();
    ASSERT_TRUE(matches(expected, false, first));
    for (const auto& again : all_cuts(body)) ASSERT_TRUE(matches(expected, true, again));
    ASSERT_FALSE(matches(expected, true, {other}));
    ASSERT_TRUE(matches(expected, false, {other})) << "the length alone was asked for";
    ASSERT_FALSE(matches(expected, false, {body + "x"}));
  }
}

TEST(BodyCheck, GivesEveryPartToItsReceiver) {
  struct Kept final : BodyReceiver {
    void body(std::span<const std::byte> part) override {
      text.append(reinterpret_cast<const char*>(part.data()), part.size());
    }
    std::string text;
  } kept;
  const std::string body = whole_body("/bytes/1000", 1000);
  for (const bool content : {true, false}) {
    kept.text.clear();
    auto expected = BodyExpectation::of_origin("/bytes/1000");
    BodyCheck check;
    check.begin(expected, content, &kept);
    check.bytes(std::as_bytes(std::span(body).first(300)));
    check.bytes(std::as_bytes(std::span(body).subspan(300)));
    EXPECT_TRUE(check.end(false));
    EXPECT_EQ(kept.text, body);
  }
}

TEST(BodyCheck, LearnsAnEmptyForeignBody) {
  auto expected = BodyExpectation::of_foreign_server();
  EXPECT_TRUE(matches(expected, true, {}));
  EXPECT_TRUE(matches(expected, true, {}));
  EXPECT_FALSE(matches(expected, true, {std::string(1, '\0')}));
}

TEST(BodyCheck, AgreesAmongThreadsOnOneForeignBody) {
  auto expected = BodyExpectation::of_foreign_server();
  const std::string body = whole_body("/any", 1000);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 200; ++k) EXPECT_TRUE(matches(expected, true, {body}));
    });
  }
}

}  // namespace
}  // namespace asyncbench::http
