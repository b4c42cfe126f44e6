#include "run/settings.hpp"

#include <gmock/gmock.h>

#include <concepts>
#include <limits>
#include <type_traits>

#include "core/op.hpp"

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Throws;
using testing::ThrowsMessage;

TEST(Settings, AreReadBackAsTheyArePrinted) {
  Settings settings{.duration = 1500ms,
                    .seed = UINT64_MAX,
                    .peer_strategy = "asio",
                    .pin = {.mode = Pinning::Mode::listed, .subject = {1, 2}, .peer = {0}},
                    .cpu_idle = CpuIdle::leave,
                    .verify = workloads::Verify::all,
                    .urls = {"http://a/", "http://b/"},
                    .allowed_hosts = {"a", "b"},
                    .ca = "ca.pem",
                    .insecure = true};
  Settings copy;
  for (const Setting& setting : all_settings()) {
    setting.read(setting.text(settings), copy);
    EXPECT_EQ(setting.text(copy), setting.text(settings)) << setting.name;
  }
  EXPECT_EQ(copy.duration, 1500ms);
  EXPECT_EQ(copy.seed, UINT64_MAX);
  EXPECT_EQ(copy.urls, settings.urls);
  EXPECT_THAT(copy.pin.subject, ElementsAre(1, 2));
}

TEST(Settings, OfALayerReplaceOnlyWhatItGives) {
  GivenSettings suite;
  suite.read("duration", "800ms");
  suite.read("trials", "3");
  const GivenSettings flags = GivenSettings().set(&Settings::trials, 9);
  const Settings settings = flags.over(suite.over({}));
  EXPECT_EQ(settings.duration, 800ms);
  EXPECT_EQ(settings.trials, 9u);
  EXPECT_EQ(settings.warmup, Settings{}.warmup);
  EXPECT_TRUE(suite.has(&Settings::duration));
  EXPECT_FALSE(flags.has(&Settings::duration));
}

TEST(Settings, OfSuitesAreThoseThatMeanSomethingEverywhere) {
  GivenSettings suite;
  EXPECT_THAT([&] { suite.read("durations", "1s"); },
              ThrowsMessage<UsageError>(HasSubstr("did you mean duration?")));
  EXPECT_THAT([&] { suite.read("urls", "http://a/"); }, Throws<UsageError>());
  EXPECT_THAT([&] { suite.read("cpu_idle", "sleep"); },
              ThrowsMessage<UsageError>(HasSubstr("auto, poll or default")));
}

// Ranges are those of the table, so that each number has one.
TEST(Settings, AreRefusedBeyondTheirRange) {
  check_ranges({});
  for (const Setting& setting : all_settings()) {
    const auto refuses = [&](auto value) {
      Settings settings;
      setting.visit(settings,
                    Overloaded{[&](Duration& member) { member = Duration{value}; },
                               [&](std::integral auto& member) {
                                 member =
                                     static_cast<std::remove_reference_t<decltype(member)>>(value);
                               },
                               [](auto&) {}});
      try {
        check_ranges(settings);
        return false;
      } catch (const UsageError& error) {
        EXPECT_THAT(error.what(), HasSubstr(std::string(setting.name) + ": "));
        return true;
      }
    };
    const bool is_duration = std::holds_alternative<Duration Settings::*>(setting.member);
    const bool is_count = std::holds_alternative<unsigned Settings::*>(setting.member);
    if (is_duration) {
      EXPECT_TRUE(refuses(-1)) << setting.name;
    }
    if (is_duration) {
      EXPECT_TRUE(refuses(std::numeric_limits<std::int64_t>::max())) << setting.name;
    }
    if (is_count) {
      EXPECT_TRUE(refuses(std::numeric_limits<unsigned>::max())) << setting.name;
    }
    if (setting.least > 0) {
      EXPECT_TRUE(refuses(0)) << setting.name;
    }
  }
}

TEST(Settings, OfCellsHaveListsOfValuesAndOfNumbersRanges) {
  EXPECT_THAT(values_of(*find_setting("threads"), "1..4*2"), ElementsAre("1", "2", "4"));
  EXPECT_THAT(values_of(*find_setting("peer_strategy"), "epoll,uring"),
              ElementsAre("epoll", "uring"));
  for (const char* text : {"", "two", "1,-2"}) {
    EXPECT_THAT([&] { values_of(*find_setting("threads"), text); }, Throws<UsageError>()) << text;
  }
}

}  // namespace
}  // namespace asyncbench::run
