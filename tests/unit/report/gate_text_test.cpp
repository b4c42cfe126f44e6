#include "report/gate_text.hpp"

#include <fmt/format.h>
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
  EXPECT_THAT(gate_text(regression()), HasSubstr("0.83 [0.83, 0.83]    worse"));
}

// A figure with so many pairs near a ratio of the candidate to the base, as it is.
GateRow row_of(analyze::FigureName figure, double natural, std::size_t pairs = 10) {
  const double sign = analyze::info_of(figure).higher_is_better.value() ? -1 : 1;
  GateRow row{.cell = "fetch", .figure = figure, .base = 1e6, .candidate = natural * 1e6};
  for (std::size_t i = 0; i < pairs; ++i) {
    row.hypothesis.log_ratios.push_back(sign * std::log(natural) +
                                        0.002 * static_cast<double>(i % 3));
  }
  row.finding = analyze::judge({{row.hypothesis}}, 0.025).front();
  return row;
}

TEST(GateText, ShowsEachFigureInItsOwnDirectionWithAWord) {
  const auto text_with = [](const GateRow& row) {
    return gate_text({.verdict = Verdict::pass, .pairs = 10, .alpha = 0.025, .rows = {row}});
  };
  EXPECT_THAT(text_with(row_of(analyze::kThroughput, 1.05)),
              HasSubstr("  1.05 [1.05, 1.05]    better "));
  EXPECT_THAT(text_with(row_of(analyze::kThroughput, 0.95)),
              HasSubstr("  0.948 [0.947, 0.950] worse "));
  EXPECT_THAT(text_with(row_of(analyze::kCpu, 1.2)), HasSubstr("  1.20 [1.20, 1.20]    worse "));
  EXPECT_THAT(text_with(row_of(analyze::kCpu, 0.8)), HasSubstr("  0.802 [0.800, 0.802] better "));
}

TEST(GateText, SaysWhyACountIsNotJudgedAndWhatElseIsToBeKnown) {
  GateReport report = regression();
  report.counts.front().unjudged = analyze::Unjudged::many_in_flight;
  report.remarks = {"the builds differ in compiler: g++ and clang++"};
  EXPECT_THAT(gate_text(report), HasSubstr("many in flight  not judged"));
  for (const std::string& text :
       {gate_text(report), gate_markdown(report), gate_annotations(report)}) {
    EXPECT_THAT(text, HasSubstr("the builds differ in compiler"));
  }
  const auto json = nlohmann::json::parse(gate_json(report, ""));
  EXPECT_EQ(json.at("remarks").size(), 1U);
  EXPECT_EQ(json.at("counts").at(0).at("unjudged"), "many in flight");
  EXPECT_THAT(gate_junit(report), Not(HasSubstr("syscalls")));
}

TEST(GateText, SaysOfTooFewPairsHowManyThereAre) {
  for (const std::size_t pairs : {0U, 1U, 5U}) {
    const std::string text =
        gate_text({.alpha = 0.025, .rows = {row_of(analyze::kThroughput, 0.5, pairs)}});
    EXPECT_THAT(text, Not(HasSubstr("inf")));
    EXPECT_THAT(text, Not(HasSubstr("?")));
    EXPECT_THAT(text, HasSubstr(pairs == 0 ? "-" : fmt::format("({} of 6 pairs)", pairs)));
  }
}

TEST(GateText, ColorsTheVerdictOnlyWhenAsked) {
  EXPECT_THAT(gate_text(regression(), {.color = true}), HasSubstr("\033[31mREGRESSION\033[0m: "));
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
    EXPECT_TRUE(bars == 7 || bars == 9) << line;
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
