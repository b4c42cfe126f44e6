#include "http/origin_path.hpp"

#include <gtest/gtest.h>

#include "http/faults.hpp"

namespace asyncbench::http {
namespace {

using namespace std::chrono_literals;

TEST(OriginPath, RootIsTwelveBytes) {
  const auto path = parse_origin_path("/");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->status, 200U);
  EXPECT_EQ(path->framing, Framing::length);
  EXPECT_EQ(path->body_bytes, 12U);
  EXPECT_EQ(path->delay, Duration{0});
}

TEST(OriginPath, ReadsEverySegment) {
  EXPECT_EQ(parse_origin_path("/bytes/1000")->body_bytes, 1000U);
  EXPECT_EQ(parse_origin_path("/bytes/16k")->body_bytes, 16384U);
  EXPECT_EQ(parse_origin_path("/bytes/1m?x=1")->body_bytes, 1U << 20U);
  EXPECT_EQ(parse_origin_path("/chunked/0")->framing, Framing::chunked);
  EXPECT_EQ(parse_origin_path("/close/5")->framing, Framing::until_close);
  EXPECT_EQ(parse_origin_path("/status/503")->status, 503U);
  EXPECT_EQ(parse_origin_path("/delay/10ms")->delay, Duration{10ms});
  EXPECT_EQ(parse_origin_path("/delay/500us")->delay, Duration{500us});
  EXPECT_EQ(parse_origin_path("/delay/2s")->delay, Duration{2s});
  EXPECT_FALSE(parse_origin_path("/delay/2s")->delay_exponential);
  EXPECT_TRUE(parse_origin_path("/delay/exp:10ms")->delay_exponential);
  EXPECT_EQ(parse_origin_path("/upload/2k")->upload_bytes, 2048U);
  EXPECT_FALSE(parse_origin_path("/bytes/5")->upload_bytes);
  EXPECT_EQ(parse_origin_path("/fault/S05")->fault, find_fault("S05"));
}

TEST(OriginPath, CombinesSegments) {
  const auto path = parse_origin_path("/delay/exp:2ms/chunked/100000/status/404");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->delay, Duration{2ms});
  EXPECT_EQ(path->framing, Framing::chunked);
  EXPECT_EQ(path->body_bytes, 100'000U);
  EXPECT_EQ(path->status, 404U);
}

TEST(OriginPath, ComputesAfterItsDelay) {
  const auto path = parse_origin_path("/burn/1500us/delay/2ms/bytes/5");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->burn, std::chrono::microseconds(1500));
  EXPECT_EQ(path->delay, std::chrono::milliseconds(2));
  EXPECT_EQ(path->body_bytes, 5U);
}

TEST(OriginPath, IsNoneForAnythingElse) {
  for (const char* target : {"",
                             "*",
                             "x",
                             "//",
                             "/bytes",
                             "/bytes/",
                             "/bytes/x",
                             "/bytes/-1",
                             "/bytes/5x",
                             "/bytes/5/",
                             "/bytes/99999999999999999999",
                             "/bytes/99999999999g",
                             "/status/99",
                             "/status/199",
                             "/status/600",
                             "/delay/10",
                             "/delay/exp:",
                             "/delay/2h",
                             "/delay/5000s",
                             "/burn/x",
                             "/burn/11s",
                             "/fault/none",
                             "/favicon.ico",
                             "/bytes/5/robots.txt"}) {
    EXPECT_FALSE(parse_origin_path(target)) << target;
  }
}

}  // namespace
}  // namespace asyncbench::http
