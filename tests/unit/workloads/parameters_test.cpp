#include "workloads/parameters.hpp"

#include <gmock/gmock.h>

#include <array>

namespace asyncbench::workloads {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::array kInfos = {
    ParameterInfo{
        .name = "tasks", .kind = ValueKind::count, .otherwise = "8", .least = 1, .most = 99},
    ParameterInfo{.name = "block_bytes", .kind = ValueKind::size, .otherwise = "4k"},
    ParameterInfo{.name = "period", .kind = ValueKind::duration, .otherwise = "1s", .least = 1000},
    ParameterInfo{.name = "server_delay", .kind = ValueKind::delay, .otherwise = "0"},
    ParameterInfo{.name = "burning", .kind = ValueKind::share, .otherwise = "10%"},
    ParameterInfo{.name = "direct", .kind = ValueKind::on_off, .otherwise = "off"},
    ParameterInfo{.name = "arrivals", .kind = ValueKind::arrivals, .otherwise = "closed"},
    ParameterInfo{.name = "sync", .kind = ValueKind::sync, .otherwise = "none"},
    ParameterInfo{.name = "pattern",
                  .kind = ValueKind::choice,
                  .otherwise = "random",
                  .choices = "sequential|random"},
};

TEST(Parameters, StartAtTheirDefaultsInCanonicalText) {
  const Parameters parameters(kInfos);
  EXPECT_EQ(parameters.number("tasks"), 8u);
  EXPECT_EQ(parameters.text("block_bytes"), "4096");
  EXPECT_EQ(parameters.duration("period"), 1s);
  EXPECT_DOUBLE_EQ(parameters.share("burning"), 0.1);
  EXPECT_FALSE(parameters.is_on("direct"));
}

TEST(Parameters, AreEqualHoweverTheirValuesWereWritten) {
  Parameters a(kInfos);
  Parameters b(kInfos);
  a.set("block_bytes", "64k");
  a.set("period", "1500ms");
  a.set("burning", "25%");
  EXPECT_NE(a, b);
  b.set("block_bytes", "65536");
  b.set("period", "1.5s");
  b.set("burning", "0.25");
  EXPECT_EQ(a, b);
}

TEST(Parameters, TakeTypedValuesWithinTheSameLimits) {
  Parameters parameters(kInfos);
  parameters.put("tasks", std::uint64_t{9});
  parameters.put("server_delay", Delay{.mean = 3ms, .exponential = true});
  EXPECT_EQ(parameters.text("tasks"), "9");
  EXPECT_EQ(parameters.text("server_delay"), "exp:3ms");
  EXPECT_THAT([&] { parameters.put("tasks", std::uint64_t{100}); },
              ThrowsMessage<UsageError>(HasSubstr("tasks: \"100\" is not between 1 and 99")));
  EXPECT_THROW(parameters.put("tasks", 9ms), std::logic_error);
}

TEST(Parameters, NameThemselvesWhereAValueIsRefused) {
  const auto expect = [](const char* name, const char* value, const char* what) {
    Parameters parameters(kInfos);
    EXPECT_THAT(
        [&] { parameters.set(name, value); },
        ThrowsMessage<UsageError>(testing::AllOf(HasSubstr(std::string(name)), HasSubstr(what))))
        << name << "=" << value;
  };
  expect("tasks", "0", "between 1 and 99");
  expect("tasks", "many", "a number such as 64");
  expect("period", "1ns", "at least 1us");
  expect("arrivals", "poisson:", "poisson:RATE");
  expect("arrivals", "constant:1e9", "at most 10000000");
  expect("pattern", "zigzag", "sequential, random");
  expect("sync", "every:0", "at least 1");
  expect("sync", "often", "every:N");
  expect("colour", "red", "there are tasks, block_bytes");
}

TEST(Parameters, ExpandListsAndRangesToCanonicalValues) {
  const auto expand = [](const char* name, const char* text) {
    std::vector<std::string> texts;
    for (const ParameterValue& value : parse_values(*find_parameter(kInfos, name), text)) {
      texts.push_back(canonical_text(value));
    }
    return texts;
  };
  EXPECT_THAT(expand("block_bytes", "1,2k"), ElementsAre("1", "2048"));
  EXPECT_THAT(expand("tasks", "1..8*2"), ElementsAre("1", "2", "4", "8"));
  EXPECT_THAT(expand("server_delay", "0,exp:10ms"), ElementsAre("0s", "exp:10ms"));
  EXPECT_THAT(expand("sync", "none,every:8,end"), ElementsAre("none", "every:8", "end"));
  EXPECT_THAT([&] { expand("tasks", "1..128*2"); },
              ThrowsMessage<UsageError>(HasSubstr("between 1 and 99")));
}

}  // namespace
}  // namespace asyncbench::workloads
