// `asyncbench compare` as users type it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

class CompareTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  // Writes a result of two strategies with so many trials.
  std::string measured(const std::string& name, const char* trials) const {
    const Ended ended = run_program({"run",
                                     "fetch",
                                     "--strategies",
                                     "epoll,thread_per_connection",
                                     "--connections",
                                     "2",
                                     "--duration",
                                     "50ms",
                                     "--warmup",
                                     "20ms",
                                     "--trials",
                                     trials,
                                     "--cpu-idle",
                                     "default",
                                     "--peer-strategy",
                                     "asio",
                                     "--server-delay",
                                     "2ms",
                                     "--out",
                                     path(name)});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    return path(name);
  }

  // A copy with something changed.
  std::string changed(const std::string& from, const std::string& name, auto&& change) const {
    Json result = Json::parse(std::ifstream(from));
    change(result);
    std::ofstream(path(name)) << result.dump();
    return path(name);
  }

  const ScratchFolder folder_;
};

TEST_F(CompareTest, SaysHowTheStrategiesCompareAndHowSureThatIs) {
  const std::string result = measured("r.json", "6");
  const Ended ended = run_program({"compare", result, "--against", "epoll"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("1 (reference)"));
  EXPECT_THAT(ended.out, HasSubstr("ANSWER"));
  EXPECT_THAT(ended.out, HasSubstr("NOISE"));
  for (const std::string& line : lines_of(ended.out)) EXPECT_LE(line.size(), 80u) << line;

  const Json document = Json::parse(run_program({"compare", result, "--json"}).out);
  EXPECT_EQ(document.at("schema").at("name"), "asyncbench-comparison");
  const Json& standings = document.at("groups").at(0).at("standings");
  ASSERT_EQ(standings.size(), 2u);
  // On a machine so busy that the twin differs from itself there is nothing to say, and it says so.
  const auto has_contrasts = [](const Json& standing) { return !standing.at("contrasts").empty(); };
  EXPECT_TRUE(std::ranges::any_of(standings, has_contrasts) ||
              ended.out.find("invalid") != std::string::npos)
      << ended.out;
}

TEST_F(CompareTest, TakesACompressedResultOfARunBesideAPlainOne) {
  const std::string before = measured("before.json.gz", "6");
  const std::string after = measured("after.json", "6");
  EXPECT_LT(std::filesystem::file_size(before), std::filesystem::file_size(after) / 2);
  const Ended ended = run_program({"compare", before, after, "--json"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(Json::parse(ended.out).at("groups").size(), 2u);
}

TEST_F(CompareTest, RefusesOtherMachinesUnlessForcedAndRecordsThat) {
  const std::string before = measured("before.json", "1");
  const std::string after = changed(before, "after.json", [](Json& result) {
    result.at("environment").at("kernel") = "Linux 2.4";
  });
  expect_refusal(run_program({"compare", before, after}), 2, "kernel:");
  const Ended forced = run_program({"compare", before, after, "--force"});
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  EXPECT_THAT(forced.out, HasSubstr("! compared by --force"));
  EXPECT_THAT(forced.out, HasSubstr("1 of the 6 pairs"));
}

TEST_F(CompareTest, NamesWhatIsWrongWithItsInput) {
  const std::string good = measured("good.json", "1");
  expect_refusal(run_program({"compare"}), 2, "no result file given");
  expect_refusal(run_program({"compare", path("none.json")}), 2, "ENOENT");
  expect_refusal(run_program({"compare", good, "--against", "epol"}), 2, "did you mean epoll");

  std::ofstream(path("cut.json")) << R"({"schema": {"name": "asyncbench-result", "ma)";
  expect_refusal(run_program({"compare", path("cut.json")}), 2, "byte");
  const auto newer =
      changed(good, "newer.json", [](Json& result) { result.at("schema").at("major") = 2; });
  expect_refusal(run_program({"compare", newer}), 2, "newer");
  const auto twice = changed(good, "twice.json", [](Json& result) {
    result.at("cells").push_back(result.at("cells").at(0));
  });
  expect_refusal(run_program({"compare", twice}), 2, "twice");
  const auto other = changed(good, "other.json", [](Json& result) {
    for (Json& cell : result.at("cells")) {
      cell.at("id") = cell.at("id").get<std::string>() + "/think_time:1s";
    }
  });
  expect_refusal(run_program({"compare", good, other}), 2, "no cell in common");
}

}  // namespace
}  // namespace asyncbench::test
