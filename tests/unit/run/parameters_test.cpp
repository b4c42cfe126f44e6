#include "run/parameters.hpp"

#include <gmock/gmock.h>

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Throws;
using testing::ThrowsMessage;

TEST(Parameters, ReadDurationsWithUnits) {
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("10ms"), 10ms);
  EXPECT_EQ(parse_duration("250us"), 250us);
  EXPECT_EQ(parse_duration("100ns"), 100ns);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("0"), 0s);
}

TEST(Parameters, RefuseDurationsThatAreNone) {
  for (const char* text : {"", "5", "s", "-5s", "5 s", "5sec", "nan", "inf", "1e300s", "5s "}) {
    EXPECT_THAT([&] { parse_duration(text); }, ThrowsMessage<UsageError>(HasSubstr("such as 5s")))
        << text;
  }
}

TEST(Parameters, ReadSizesInBinaryUnits) {
  EXPECT_EQ(parse_size("12"), 12u);
  EXPECT_EQ(parse_size("16k"), 16384u);
  EXPECT_EQ(parse_size("1m"), 1048576u);
  EXPECT_THAT([] { parse_size("16kb"); }, Throws<UsageError>());
}

TEST(Parameters, ReadDelaysOfBothKinds) {
  EXPECT_EQ(parse_delay("10ms").mean, 10ms);
  EXPECT_FALSE(parse_delay("10ms").exponential);
  EXPECT_TRUE(parse_delay("exp:10ms").exponential);
  EXPECT_THAT([] { parse_delay("uniform:10ms"); }, Throws<UsageError>());
}

TEST(Parameters, ExpandListsAndRanges) {
  EXPECT_THAT(parse_numbers("1,64", parse_count), ElementsAre(1, 64));
  EXPECT_THAT(parse_numbers("1..8*2", parse_count), ElementsAre(1, 2, 4, 8));
  EXPECT_THAT(parse_numbers("10..50+20,7", parse_count), ElementsAre(10, 30, 50, 7));
  EXPECT_THAT(parse_numbers("1k..4k*2", parse_size), ElementsAre(1024, 2048, 4096));
}

TEST(Parameters, RefuseRangesThatDoNotEnd) {
  for (const char* text : {"1..8", "8..1*2", "1..8*1", "0..8*2", "1..8+0", "1..100000+1", "..*"}) {
    EXPECT_THAT([&] { parse_numbers(text, parse_count); }, Throws<UsageError>()) << text;
  }
}

TEST(Parameters, ReadPinning) {
  EXPECT_EQ(parse_pinning("auto").mode, Pinning::Mode::automatic);
  const Pinning pinning = parse_pinning("subject=1+2,peer=0");
  EXPECT_THAT(pinning.subject, ElementsAre(1, 2));
  EXPECT_THAT(pinning.peer, ElementsAre(0));
  for (const char* text : {"subject", "subject=", "client=1", "subject=1;peer=0", ""}) {
    EXPECT_THAT([&] { parse_pinning(text); }, Throws<UsageError>()) << text;
  }
}

TEST(Parameters, NameThemselvesInErrors) {
  workloads::HttpParameters parameters;
  EXPECT_THAT([&] { set_parameter(parameters, "connections", "0"); },
              ThrowsMessage<UsageError>(HasSubstr("connections:")));
  EXPECT_THAT([&] { set_parameter(parameters, "arrivals", "poisson"); },
              ThrowsMessage<UsageError>(HasSubstr("poisson:RATE")));
  EXPECT_THAT([&] { set_parameter(parameters, "arrivals", "constant:1e9"); },
              ThrowsMessage<UsageError>(HasSubstr("at most 10000000")));
}

TEST(Parameters, SurviveTheWayThroughText) {
  workloads::HttpParameters parameters;
  parameters.connections = 7;
  parameters.body_bytes = 4096;
  parameters.server_delay = {.mean = 1500us, .exponential = true};
  parameters.keep_alive = false;
  parameters.arrivals = {.kind = load::ArrivalKind::poisson, .rate_per_s = 5000};
  parameters.deadline = 250ms;
  workloads::HttpParameters copy;
  for (const auto& [name, value] : parameter_texts(parameters)) set_parameter(copy, name, value);
  EXPECT_EQ(parameter_texts(copy), parameter_texts(parameters));
}

TEST(Parameters, ShowOnlyWhatDiffersFromTheDefaults) {
  workloads::HttpParameters parameters;
  EXPECT_EQ(result::cell_id("fetch", "uring", shown_parameters(parameters)),
            "fetch/strategy:uring/connections:64/body_bytes:12");
  parameters.keep_alive = false;
  parameters.server_delay.mean = 10ms;
  EXPECT_EQ(result::cell_id("fetch", "uring", shown_parameters(parameters)),
            "fetch/strategy:uring/connections:64/body_bytes:12/server_delay:10ms/keep_alive:off");
  parameters = {.urls = {"http://127.0.0.1/"}};
  EXPECT_EQ(result::cell_id("fetch", "uring", shown_parameters(parameters)),
            "fetch/strategy:uring/connections:64");
}

TEST(Parameters, WriteDurationsInTheGreatestUnitThatDivides) {
  EXPECT_EQ(to_text(Duration{5s}), "5s");
  EXPECT_EQ(to_text(Duration{1500ms}), "1500ms");
  EXPECT_EQ(to_text(Duration{250us}), "250us");
  EXPECT_EQ(to_text(Duration{1}), "1ns");
  EXPECT_EQ(to_text(Duration{0}), "0s");
}

}  // namespace
}  // namespace asyncbench::run
