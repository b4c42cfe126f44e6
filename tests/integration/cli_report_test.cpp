// `asyncbench report` as users type it, on a stored result.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ReportTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  // The golden result with something changed.
  std::string stored(const std::string& name, auto&& change) const {
    Json result = Json::parse(std::ifstream(GOLDEN_FOLDER "/export/result.json"));
    change(result);
    std::ofstream(path(name)) << result.dump();
    return path(name);
  }
  std::string stored(const std::string& name) const {
    return stored(name, [](Json&) {});
  }

  const ScratchFolder folder_;
};

TEST_F(ReportTest, WritesOnePageBesideTheResult) {
  const Ended ended = run_program({"report", stored("r.json")});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("r.html"));
  const std::string page = text_of(path("r.html"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("<section id=\"answer\">"));
  EXPECT_THAT(page, Not(HasSubstr("<!--asyncbench:")));
  EXPECT_THAT(page, Not(HasSubstr("src=\"http")));
}

TEST_F(ReportTest, PrintsTheOtherFormats) {
  const std::string result = stored("r.json");
  EXPECT_THAT(run_program({"report", result, "--format", "markdown"}).out, HasSubstr("| take |"));
  EXPECT_THAT(run_program({"report", result, "--format", "csv"}).out,
              HasSubstr("cell,workload,strategy"));
  const std::string table = run_program({"report", result, "--format", "terminal"}).out;
  EXPECT_EQ(table, run_program({"show", result}).out);
}

TEST_F(ReportTest, SaysWhatIsWrongAndHowToRepairIt) {
  const std::string result = stored("r.json");
  expect_refusal(run_program({"report"}), 2, "for example: asyncbench report r.json");
  expect_refusal(run_program({"report", result, "--format", "htm"}), 2, "did you mean html");
  expect_refusal(run_program({"report", path("none.json")}), 2, "none.json");
  expect_refusal(run_program({"report", result, "--out", path("no/such/r.html")}), 6, "no/such");
  expect_refusal(run_program({"report", result, "--format", "csv", "--baseline", result}), 2,
                 "csv shows one result");
  expect_refusal(run_program({"report", result, "--format", "markdown", "--max-bytes", "many"}), 2,
                 "--max-bytes");
  const std::string newer = stored("newer.json", [](Json& r) { r["schema"]["major"] = 2; });
  expect_refusal(run_program({"report", newer}), 2, "newer");
}

TEST_F(ReportTest, ABaselineOfAnotherMachineIsRefusedOrSaidToBeForced) {
  const std::string result = stored("r.json");
  const std::string other =
      stored("other.json", [](Json& r) { r["environment"]["kernel"] = "5.10"; });
  expect_refusal(run_program({"report", result, "--baseline", other}), 2,
                 "the baseline cannot be compared: kernel");
  const Ended forced = run_program({"report", result, "--baseline", other, "--force"});
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  const std::string page = text_of(path("r.html"));
  EXPECT_THAT(page, HasSubstr("<section id=\"change\">"));
  EXPECT_THAT(page, HasSubstr("do not compare"));
}

TEST_F(ReportTest, ResultsOfDifferentMachinesStandSideBySideWithAWarning) {
  const std::string other =
      stored("other.json", [](Json& r) { r["environment"]["kernel"] = "5.10"; });
  const Ended ended = run_program({"report", stored("r.json"), other, "--out", path("both.html")});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(text_of(path("both.html")), HasSubstr("do not compare: they differ in kernel"));
}

}  // namespace
}  // namespace asyncbench::test
