#include "run/suite.hpp"

#include <gmock/gmock.h>

#include "run/plan.hpp"

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Suite, ReadsSettingsAndCells) {
  const Suite suite = parse_suite(R"(
summary = "two"
strategies = ["uring", "asio"]
[settings]
duration = "800ms"
cooldown = "1s"
trials = 3
[[cells]]
workload = "fetch"
connections = [1, 64]
body_bytes = "16k"
[[cells]]
workload = "serve"
keep_alive = false
)",
                                  "mine.toml");
  EXPECT_EQ(suite.settings.over({}).duration, 800ms);
  EXPECT_EQ(suite.settings.over({}).cooldown, 1s);
  EXPECT_EQ(suite.settings.over({}).trials, 3u);
  EXPECT_THAT(suite.strategies, ElementsAre("uring", "asio"));
  ASSERT_EQ(suite.cells.size(), 2u);
  using workloads::ParameterValue;
  EXPECT_THAT(suite.cells[0].parameters.at("connections"),
              ElementsAre(ParameterValue(std::uint64_t{1}), ParameterValue(std::uint64_t{64})));
  EXPECT_THAT(suite.cells[1].parameters.at("keep_alive"), ElementsAre(ParameterValue(false)));
}

TEST(Suite, SaysWhereTheErrorIs) {
  const auto expect = [](const char* text, const char* where, const char* what) {
    EXPECT_THAT([&] { parse_suite(text, "s.toml"); },
                ThrowsMessage<UsageError>(testing::AllOf(HasSubstr(where), HasSubstr(what))));
  };
  expect("[[cells]\n", "s.toml:1:", "");
  expect("sumary = \"x\"\n[[cells]]\nworkload = \"fetch\"\n", "s.toml:1:1",
         "did you mean summary?");
  expect("[settings]\nduration = \"5\"\n[[cells]]\nworkload = \"fetch\"\n", "s.toml:2:12",
         "such as 5s");
  expect("[[cells]]\nworkload = \"fetch\"\nconections = 4\n", "s.toml:3:1",
         "did you mean connections?");
  expect("[[cells]]\nworkload = \"fetch\"\nconnections = \"many\"\n", "s.toml:3:15",
         "a number such as 64");
  expect("[[cells]]\nworkload = \"fetch\"\ncpu_idle = \"sleep\"\n", "s.toml:3:12",
         "auto, poll or default");
  expect("[[cells]]\nworkload = \"fetch\"\ntrials = 3\n", "s.toml:3:1", "unknown key");
  expect("summary = \"nothing\"\n", "s.toml:", "at least one [[cells]]");
  expect("[[cells]]\nconnections = 1\n", "s.toml:1:", "names no workload");
}

TEST(Suite, OursAreEmbeddedAndSound) {
  EXPECT_THAT(suite_names(), Contains("quick"));
  for (const std::string& name : suite_names()) EXPECT_NO_THROW(load_suite(name)) << name;
}

TEST(Suite, ThatCannotBeReadNamesPathAndCause) {
  EXPECT_THAT([] { load_suite("/nowhere/s.toml"); },
              ThrowsMessage<UsageError>(HasSubstr("/nowhere/s.toml: No such file")));
}

}  // namespace
}  // namespace asyncbench::run
