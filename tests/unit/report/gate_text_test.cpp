#include "report/gate_text.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "report/format.hpp"
#include "report/gate_files.hpp"

namespace asyncbench::report {
namespace {

using analyze::GateReport;
using analyze::GateRow;
using analyze::Verdict;
using testing::HasSubstr;
using testing::Not;

// A name that is markup, an escape sequence and a workflow command at once.
constexpr const char* kHostile = "</td><img src=x>|`x`\x1b[31m%0A::error::\"&";

GateReport regression() {
  GateReport report{.verdict = Verdict::regression, .pairs = 10, .alpha = 0.025};
  report.reasons = {std::string(kHostile) + ": throughput got 20.0 % worse"};
  GateRow row{.cell = kHostile,
              .figure = analyze::kThroughput,
              .hypothesis = {.log_ratios = std::vector<double>(10, std::log(1.2))},
              .base = 100'000,
              .candidate = 83'333};
  row.finding = analyze::judge({{row.hypothesis}}, 0.025).front();
  report.rows = {row};
  report.counts = {{.cell = kHostile,
                    .name = "syscalls",
                    .base = 2,
                    .candidate = 3,
                    .verdict = Verdict::regression}};
  return report;
}

TEST(GateText, FitsIntoEightyColumnsWithoutControlCharacters) {
  std::istringstream text(gate_text(regression()));
  for (std::string line; std::getline(text, line);) {
    EXPECT_LE(display_width(line), 80U) << line;
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
  }
  EXPECT_THAT(gate_text(regression()), HasSubstr("REGRESSION: "));
  EXPECT_THAT(gate_text(regression()), HasSubstr("+20.0% [+20.0%, +20.0%]"));
}

TEST(GateText, SaysOfAPassWhatItExcludes) {
  EXPECT_THAT(gate_headline({.verdict = Verdict::pass}), HasSubstr("excluded"));
  EXPECT_EQ(gate_annotations({.verdict = Verdict::pass}), "");
}

TEST(GateMarkdown, KeepsForeignNamesText) {
  const std::string markdown = gate_markdown(regression());
  EXPECT_THAT(markdown, Not(HasSubstr("<img")));
  EXPECT_THAT(markdown, Not(HasSubstr("`x`")));
  // Every row has as many columns as its head.
  std::istringstream lines(markdown);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('|')) continue;
    const auto bars = std::count(line.begin(), line.end(), '|');
    EXPECT_TRUE(bars == 7 || bars == 8) << line;
  }
}

TEST(GateAnnotations, AreOneCommandALine) {
  const std::string text = gate_annotations(regression());
  EXPECT_THAT(text, testing::StartsWith("::error title=asyncbench gate: regression::"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_THAT(text, Not(HasSubstr("%0A")));
}

TEST(GateJunit, HasAFailureForARegressionAndEscapesNames) {
  const std::string xml = gate_junit(regression());
  EXPECT_THAT(xml, HasSubstr("tests=\"3\" failures=\"3\" errors=\"0\""));
  EXPECT_THAT(xml, Not(HasSubstr("<img")));
}

TEST(GateJson, HoldsWhatTheVerdictCameFrom) {
  const auto document = nlohmann::json::parse(gate_json(regression(), "r.json"));
  EXPECT_EQ(document.at("schema").at("name"), "asyncbench-gate");
  EXPECT_EQ(document.at("verdict"), "regression");
  EXPECT_EQ(document.at("figures").at(0).at("log_ratios").size(), 10U);
  EXPECT_NEAR(document.at("figures").at(0).at("ratio").at("estimate").get<double>(), 1.2, 1e-9);
}

}  // namespace
}  // namespace asyncbench::report
