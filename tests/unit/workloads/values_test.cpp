#include "workloads/values.hpp"

#include <gmock/gmock.h>

namespace asyncbench::workloads {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Throws;
using testing::ThrowsMessage;

TEST(Values, ReadDurationsWithUnits) {
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("10ms"), 10ms);
  EXPECT_EQ(parse_duration("250us"), 250us);
  EXPECT_EQ(parse_duration("100ns"), 100ns);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("0"), 0s);
}

TEST(Values, RefuseDurationsThatAreNone) {
  for (const char* text : {"", "5", "s", "-5s", "5 s", "5sec", "nan", "inf", "1e300s", "5s "}) {
    EXPECT_THAT([&] { parse_duration(text); }, ThrowsMessage<UsageError>(HasSubstr("such as 5s")))
        << text;
  }
}

TEST(Values, ReadSizesInBinaryUnits) {
  EXPECT_EQ(parse_size("12"), 12u);
  EXPECT_EQ(parse_size("16k"), 16384u);
  EXPECT_EQ(parse_size("1m"), 1048576u);
  EXPECT_THAT([] { parse_size("16kb"); }, Throws<UsageError>());
}

TEST(Values, ReadDelaysOfBothKinds) {
  EXPECT_EQ(parse_delay("10ms").mean, 10ms);
  EXPECT_FALSE(parse_delay("10ms").exponential);
  EXPECT_TRUE(parse_delay("exp:10ms").exponential);
  EXPECT_THAT([] { parse_delay("uniform:10ms"); }, Throws<UsageError>());
}

TEST(Values, ReadSharesAsNumberOrPercentage) {
  EXPECT_DOUBLE_EQ(parse_share("0.1"), 0.1);
  EXPECT_DOUBLE_EQ(parse_share("10%"), 0.1);
  EXPECT_DOUBLE_EQ(parse_share("1"), 1);
  for (const char* text : {"", "1.1", "101%", "-0.1", "10 %"}) {
    EXPECT_THAT([&] { parse_share(text); }, Throws<UsageError>()) << text;
  }
}

TEST(Values, ExpandListsAndRanges) {
  EXPECT_THAT(parse_numbers("1,64", parse_count), ElementsAre(1, 64));
  EXPECT_THAT(parse_numbers("1..8*2", parse_count), ElementsAre(1, 2, 4, 8));
  EXPECT_THAT(parse_numbers("10..50+20,7", parse_count), ElementsAre(10, 30, 50, 7));
  EXPECT_THAT(parse_numbers("1k..4k*2", parse_size), ElementsAre(1024, 2048, 4096));
}

TEST(Values, RefuseRangesThatDoNotEnd) {
  for (const char* text : {"1..8", "8..1*2", "1..8*1", "0..8*2", "1..8+0", "1..100000+1", "..*"}) {
    EXPECT_THAT([&] { parse_numbers(text, parse_count); }, Throws<UsageError>()) << text;
  }
}

TEST(Values, WriteDurationsInTheGreatestUnitThatDivides) {
  EXPECT_EQ(to_text(Duration{5s}), "5s");
  EXPECT_EQ(to_text(Duration{1500ms}), "1500ms");
  EXPECT_EQ(to_text(Duration{250us}), "250us");
  EXPECT_EQ(to_text(Duration{1}), "1ns");
  EXPECT_EQ(to_text(Duration{0}), "0s");
}

TEST(Values, StagesAreTimesWithRatesOrRamps) {
  const load::Stages stages = parse_stages("10s:1000,500ms:1000..5000");
  ASSERT_EQ(stages.size(), 2U);
  EXPECT_EQ(stages[0], (load::Stage{std::chrono::seconds(10), 1000, 1000}));
  EXPECT_EQ(stages[1], (load::Stage{std::chrono::milliseconds(500), 1000, 5000}));
  EXPECT_EQ(to_text(stages), "10s:1000,500ms:1000..5000");
  EXPECT_TRUE(parse_stages("").empty());
  for (const char* text : {"10s", "10:5", "0s:5", "1s:0", "1s:5,", "1s:5..", "1s:..5", "1s:1e9"}) {
    EXPECT_THROW(parse_stages(text), UsageError) << text;
  }
}

}  // namespace
}  // namespace asyncbench::workloads
