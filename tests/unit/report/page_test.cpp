#include "report/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "analyze/summary.hpp"
#include "report/escape.hpp"
#include "tests/unit/analyze/cells.hpp"

namespace asyncbench::report {
namespace {

using analyze::cell_named;
using result::Cell;
using result::Result;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

// A cell of eight trials at this rate, whose n-th has a latency of n + 1 times 100 us.
Cell measured(const std::string& strategy, double rate, std::int64_t connections = 64) {
  Cell cell = cell_named(strategy, {{"connections", connections}});
  for (std::int64_t block = 0; block < 8; ++block) {
    const auto cpu_ns = static_cast<std::int64_t>(1e9 / rate);
    result::Trial trial = analyze::trial_of({.throughput_per_s = rate * analyze::noise(block),
                                             .latency_ns = (block + 1) * 100'000,
                                             .cpu_ns = cpu_ns,
                                             .peer_ns = cpu_ns},
                                            block);
    trial.started = "2026-11-25T14:12:3" + std::to_string(block) + "Z";
    trial.coarse_slices = {{{40, 17}, {42, 3}}};
    cell.trials.push_back(std::move(trial));
  }
  return cell;
}

Result result_of(std::vector<Cell> cells) {
  Result result;
  result.run = {.id = "1",
                .started = "2026-11-25T14:12:30Z",
                .complete = true,
                .command = {"asyncbench", "run", "it's"}};
  result.plan = {.suite = "standard", .trials = 8, .window_ns = 1'000'000'000};
  result.cells = std::move(cells);
  analyze::summarize(result);
  return result;
}

PageInput input_of(const Result& result) {
  PageInput input;
  input.results.emplace_back(result);
  return input;
}

Json data_of(const Result& result) { return Json::parse(page_data(input_of(result))); }

TEST(EscapeTest, EscapesMarkupAndTakesTheSpellOffControlCharacters) {
  EXPECT_EQ(xml_text("<b a=\"1\" c='2'>&\x1b[0m"), "&lt;b a=&quot;1&quot; c='2'&gt;&amp;?[0m");
}

TEST(PageTest, AnswersFirst) {
  const Result result = result_of({measured("uring", 200'000), measured("asio", 100'000)});
  const std::string body = page_body(input_of(result));
  EXPECT_THAT(body, HasSubstr("<h1 data-against=\"uring\">Stay with uring</h1>"));
  EXPECT_THAT(body, HasSubstr("<h1 data-against=\"asio\" hidden>Take uring</h1>"));
  EXPECT_LT(body.find("id=\"identity\""), body.find("id=\"answer\""));
  EXPECT_LT(body.find("id=\"answer\""), body.find("id=\"legend\""));
  EXPECT_LT(body.find("id=\"legend\""), body.find("id=\"forest\""));
  EXPECT_LT(body.find("id=\"forest\""), body.find("id=\"throughput\""));
  EXPECT_LT(body.find("id=\"stability\""), body.find("id=\"outcomes\""));
  EXPECT_LT(body.find("id=\"outcomes\""), body.find("id=\"method\""));
  EXPECT_THAT(body, HasSubstr("asyncbench run 'it'\\''s'"));
  // No open loop, no baseline, no turns.
  EXPECT_THAT(body, Not(HasSubstr("id=\"open-loop\"")));
  EXPECT_THAT(body, Not(HasSubstr("id=\"change\"")));
  EXPECT_THAT(body, Not(HasSubstr("id=\"rounds\"")));
}

TEST(PageTest, StandsAgainstTheReferenceThatIsNamed) {
  const Result result = result_of({measured("uring", 200'000), measured("asio", 100'000)});
  PageInput input;
  input.results.emplace_back(result, "asio");
  EXPECT_THAT(page_body(input), HasSubstr("<h1 data-against=\"asio\">Take uring</h1>"));
  EXPECT_EQ(Json::parse(page_data(input)).at("against"), "asio");
}

TEST(PageTest, SeveralGroupsHaveARowEachAndOneHeadline) {
  const std::string body = page_body(
      input_of(result_of({measured("threads", 90'000, 1), measured("uring", 60'000, 1),
                          measured("threads", 90'000, 64), measured("uring", 160'000, 64)})));
  EXPECT_THAT(body, HasSubstr("<h1 data-against=\"threads\">Take uring for fetch (connections 64); "
                              "stay with threads for fetch (connections 1)</h1>"));
  EXPECT_THAT(body, HasSubstr("<tr data-group=\"fetch/connections:1\">"));
  EXPECT_THAT(body, HasSubstr("<b>Take uring</b></td><td class=\"strip\"></td><td>1.78 "));
}

TEST(PageTest, TheStripIsGoodOnlyWhenNothingIsToBeSaid) {
  Result result = result_of({measured("uring", 200'000), measured("asio", 100'000)});
  EXPECT_THAT(page_body(input_of(result)), HasSubstr("class=\"validity good\""));

  result.cells[1].trials[2].valid = false;
  result.cells[1].trials[2].reason = "invariant B does not hold";
  result.run.complete = false;
  analyze::summarize(result);
  const std::string body = page_body(input_of(result));
  EXPECT_THAT(body, HasSubstr("class=\"validity bad\""));
  EXPECT_THAT(body, HasSubstr("the run is incomplete"));
  EXPECT_THAT(body, HasSubstr("1 of 16 trials were invalid"));
  EXPECT_THAT(body, HasSubstr("invariant B does not hold"));
}

TEST(PageTest, NoiseIsOneLineWithWhatItMeans) {
  Result result = result_of({measured("uring", 200'000), measured("asio", 100'000)});
  for (result::Trial& trial : result.cells[0].trials) {
    trial.notes = {{"disturbed", "12 % stolen"}, {"not_steady", "at the start"}};
  }
  analyze::summarize(result);
  const std::string body = page_body(input_of(result));
  EXPECT_THAT(body,
              HasSubstr("<summary><b>A noisy machine:</b> in 1 of 2 cells something else used "
                        "the CPUs; the intervals show what that does to the figures."));
  EXPECT_THAT(body, HasSubstr("<li>in 1 of 2 cells the start of the window still differs from the "
                              "rest. Use a longer --warmup.</li>"));
  EXPECT_THAT(body, Not(HasSubstr("class=\"validity bad\"")));
  EXPECT_THAT(body, Not(HasSubstr("class=\"validity good\"")));
}

TEST(PageTest, FiguresThatAreZeroEverywhereAreNamedOnce) {
  const std::string body =
      page_body(input_of(result_of({measured("uring", 200'000), measured("asio", 100'000)})));
  EXPECT_THAT(body, HasSubstr("0 in each of them: errors"));
  EXPECT_THAT(body, Not(HasSubstr(">errors</th>")));
}

TEST(PageTest, UnsupportedAndFailedCellsAreSaidToBeSo) {
  Cell unsupported = cell_named("curl_multi", {{"connections", std::int64_t{64}}});
  unsupported.status = result::CellStatus::unsupported;
  unsupported.reason = "libcurl serves nothing";
  Cell failed = cell_named("broken", {{"connections", std::int64_t{64}}});
  failed.status = result::CellStatus::failed;
  failed.reason = "crashed";
  const std::string body = page_body(
      input_of(result_of({measured("uring", 200'000), std::move(unsupported), std::move(failed)})));
  EXPECT_THAT(body,
              HasSubstr("<td>unsupported</td><td class=\"reason\">libcurl serves nothing</td>"));
  EXPECT_THAT(body, HasSubstr("<td>failed</td><td class=\"reason\">crashed</td>"));
  EXPECT_THAT(body, HasSubstr("1 of 3 cells failed"));
}

TEST(PageTest, SaysWhereTheBetterStrategyChanges) {
  const std::string body = page_body(
      input_of(result_of({measured("threads", 90'000, 1), measured("uring", 60'000, 1),
                          measured("threads", 90'000, 8), measured("uring", 60'000, 8),
                          measured("threads", 90'000, 64), measured("uring", 160'000, 64)})));
  EXPECT_THAT(body, HasSubstr("<li><b>fetch</b> by connections: stay with threads from 1 to 8, "
                              "take uring at 64.</li>"));
  EXPECT_THAT(body, HasSubstr("take threads from 1 to 8, stay with uring at 64.</li>"));
}

TEST(PageTest, AnEmptyResultIsAnHonestPage) {
  const Result result = result_of({});
  const std::string whole = page(input_of(result));
  EXPECT_THAT(whole, HasSubstr("nothing was planned"));
  EXPECT_THAT(whole, HasSubstr("nothing was measured"));
  EXPECT_TRUE(data_of(result).at("results").at(0).at("workloads").empty());
}

TEST(PageTest, OneStrategyAloneHasNothingToBeComparedWith) {
  const std::string body = page_body(input_of(result_of({measured("uring", 200'000)})));
  EXPECT_THAT(body, HasSubstr("there is nothing to compare it with"));
}

TEST(PageTest, HostileNamesStayText) {
  const std::string name = "</script><img src=x onerror=alert(1)>\x1b[31m<!--asyncbench:data-->";
  Result result = result_of({measured(name, 200'000), measured("asio", 100'000)});
  result.plan.suite = name;
  const std::string whole = page(input_of(result));
  EXPECT_THAT(whole, Not(HasSubstr("<img")));
  EXPECT_THAT(whole, Not(HasSubstr("\x1b")));
  EXPECT_THAT(whole, Not(HasSubstr("<!--asyncbench:")));
  EXPECT_EQ(data_of(result).at("strategies").at(0).at("name"), name);
}

TEST(PageDataTest, HoldsEachGroupAgainstEveryReference) {
  const Result result = result_of({measured("uring", 200'000), measured("asio", 100'000)});
  const Json data = data_of(result);
  EXPECT_EQ(data.at("margin"), 0.03);
  const Json& group = data.at("results").at(0).at("workloads").at(0).at("groups").at(0);
  ASSERT_EQ(group.at("against").size(), 2u);
  const Json& rows = group.at("against").at("asio").at("rows");
  // Two families, then two strategies, the best first.
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows.at(0).at("kind"), "family");
  EXPECT_EQ(rows.at(0).at("name"), "io_uring");
  EXPECT_EQ(rows.at(0).at("strategy"), "uring");
  EXPECT_EQ(rows.at(2).at("name"), "uring");
  EXPECT_EQ(rows.at(2).at("section"), "The best");
  EXPECT_EQ(rows.at(3).at("section"), "Behind");
  EXPECT_EQ(rows.at(3).at("ratios").at(0), Json({1, nullptr, nullptr, "reference"}));
  const auto throughput = std::ranges::find(group.at("compared"), "throughput_per_s");
  ASSERT_NE(throughput, group.at("compared").end());
  const Json& ratio = rows.at(2).at("ratios").at(
      static_cast<std::size_t>(throughput - group.at("compared").begin()));
  EXPECT_NEAR(ratio.at(0).get<double>(), 0.5, 1e-6);  // in the worse direction
  EXPECT_EQ(ratio.at(3), "better");
}

TEST(PageDataTest, HoldsTheFiguresOfTheResult) {
  const Result result = result_of({measured("uring", 200'000), measured("asio", 100'000)});
  const Json data = data_of(result);
  EXPECT_EQ(data.at("schema").at("name"), "asyncbench-report");
  EXPECT_EQ(data.at("strategies").at(0).at("family"), "io_uring");
  EXPECT_EQ(data.at("strategies").at(1).at("family"), "readiness loops");
  const Json& group = data.at("results").at(0).at("workloads").at(0).at("groups").at(0);
  EXPECT_EQ(group.at("rank_by"), "throughput_per_s");
  EXPECT_EQ(group.at("parameters").at("connections"), 64);
  const Json& cell = group.at("cells").at(0);
  EXPECT_NEAR(cell.at("summary").at("throughput_per_s").at("median").get<double>(),
              result.cells[0].find("throughput_per_s")->median, 1);
  EXPECT_EQ(cell.at("trials").at("block").size(), 8u);
  EXPECT_EQ(cell.at("trials").at("order").at(1), 2);  // after the two trials of block 0
  // 8,000 latencies of 100 to 800 us: half are at most 400 us, and beyond 99.8 % fewer than 10 lie.
  const Json& points = cell.at("percentiles").at("points");
  EXPECT_EQ(cell.at("percentiles").at("count"), 8000);
  const auto half = std::ranges::find_if(points, [](const Json& p) { return p.at(0) == 0.5; });
  ASSERT_NE(half, points.end());
  EXPECT_NEAR(half->at(1).get<double>(), 400'000, 400);
  EXPECT_EQ(points.back().at(0), 0.998);
  EXPECT_EQ(cell.at("heat").at("slices").at(0).at(0).at(2), 17);
}

TEST(PageDataTest, SweepsPointToTheirGroupsAndHaveKnees) {
  std::vector<Cell> cells;
  for (const std::int64_t n : {1, 2, 4, 8, 16, 32, 64}) {
    const auto size = static_cast<double>(n);
    cells.push_back(measured("uring", 20'000 * size / (1 + 0.1 * (size - 1)), n));
  }
  const Json data = data_of(result_of(std::move(cells)));
  const Json& sweep = data.at("results").at(0).at("workloads").at(0).at("sweeps").at(0);
  EXPECT_EQ(sweep.at("parameter"), "connections");
  EXPECT_EQ(sweep.at("points").at(6).at("value"), 64);
  EXPECT_EQ(sweep.at("points").at(6).at("group"), 6);
  ASSERT_EQ(sweep.at("knees").size(), 1u);
  EXPECT_GT(sweep.at("knees").at(0).at("at").get<double>(), 1);
}

TEST(PageDataTest, ACellWithoutTrialsHasNullsAndNoZeros) {
  const Json data = data_of(result_of({cell_named("uring")}));
  const Json& cell =
      data.at("results").at(0).at("workloads").at(0).at("groups").at(0).at("cells").at(0);
  EXPECT_TRUE(cell.at("summary").is_null());
  EXPECT_TRUE(cell.at("percentiles").is_null());
  EXPECT_TRUE(cell.at("heat").is_null());
}

TEST(PageTest, WhatChangedSinceTheBaselineStandsWithRegressionsFirst) {
  const Result before = result_of({measured("uring", 200'000), measured("asio", 100'000)});
  const Result after = result_of({measured("uring", 150'000), measured("asio", 130'000)});
  const analyze::Comparison comparison = analyze::compare_results(before, after);
  PageInput input = input_of(after);
  const Change change{.comparison = comparison,
                      .before = before,
                      .after = after,
                      .before_name = "before <b>",
                      .after_name = "after",
                      .forced = {}};
  input.change = &change;
  const std::string body = page_body(input);
  EXPECT_LT(body.find("id=\"change\""), body.find("id=\"answer\""));
  const std::size_t worse = body.find("<tr class=\"worse\">");
  const std::size_t better = body.find("<tr class=\"better\">");
  ASSERT_NE(worse, std::string::npos);
  ASSERT_NE(better, std::string::npos);
  EXPECT_LT(worse, better);
  EXPECT_THAT(body, HasSubstr("after against before &lt;b&gt;; regressions first"));
  EXPECT_THAT(body,
              HasSubstr("<div class=\"validity noise\"><b>MIXED?</b> total CPU fell to 0.77 times "
                        "in 1 of 2 cells and rose to 1.33 times in 1 of 2 "
                        "cells"));
  EXPECT_THAT(body, HasSubstr("throughput fell to 0.75 times in 1 of 2 cells and rose to 1.30 "
                              "times in 1 of 2 cells"));
  EXPECT_THAT(body, HasSubstr("<code>asyncbench gate --base OLD --candidate NEW fetch"));
  EXPECT_THAT(body, HasSubstr("comparisons without a shown change"));
}

TEST(PageTest, ResultsThatDoNotCompareAreShownSideBySideWithAWarning) {
  const Result here = result_of({measured("uring", 200'000)});
  const Result there = result_of({measured("uring", 100'000)});
  PageInput input = input_of(here);
  input.results.emplace_back(there);
  input.warnings = {"kernel: 6.1 and 6.18"};
  const std::string body = page_body(input);
  EXPECT_THAT(body, HasSubstr("do not compare: they differ in kernel: 6.1 and 6.18"));
  EXPECT_THAT(body, HasSubstr("<h3>standard, 2026-11-25T14:12:30Z</h3>"));
}

TEST(PageTest, ThousandsOfCellsAreFoldedAway) {
  std::vector<Cell> cells;
  for (std::int64_t i = 1; i <= 60; ++i) cells.push_back(measured("uring", 1000, i));
  for (std::int64_t i = 1; i <= 60; ++i) cells.push_back(measured("asio", 900, i));
  const std::string body = page_body(input_of(result_of(std::move(cells))));
  EXPECT_THAT(body, HasSubstr("20 more</summary>"));
}

// The cell as it was measured with another peer than the plan's.
Cell with_peer(Cell cell, const std::string& peer) {
  cell.parameters.emplace_back(result::kPeerParameter, peer);
  cell.id = result::cell_id(cell.workload, cell.strategy, cell.parameters);
  return cell;
}

TEST(PageTest, SaysWhereWhichIsBestDependsOnThePeer) {
  Result result = result_of({measured("epoll", 50'000), measured("uring", 70'000),
                             with_peer(measured("epoll", 70'000), "epoll"),
                             with_peer(measured("uring", 50'000), "epoll")});
  result.plan.peer_strategy = "uring";
  result.plan.options = {{"urls", std::string()}};
  EXPECT_THAT(
      page_body(input_of(result)),
      HasSubstr("<b>But</b> which is best depends on the peer: epoll with peer epoll; uring "
                "with peer uring"));
}

TEST(PageTest, OneStrategyAtSeveralPointsHasNoAnswerButItsFigures) {
  const std::string body =
      page_body(input_of(result_of({measured("uring", 1000, 1), measured("uring", 2000, 8)})));
  EXPECT_THAT(body, HasSubstr("<h1 data-against=\"uring\">Only uring was measured</h1>"));
  EXPECT_THAT(body, HasSubstr("There is nothing to compare it with."));
  EXPECT_THAT(body, Not(HasSubstr("class=\"answer\"")));
  EXPECT_THAT(body, HasSubstr("id=\"sweeps\""));
  EXPECT_THAT(body, Not(HasSubstr("class=\"sentences\"")));
}

}  // namespace
}  // namespace asyncbench::report
