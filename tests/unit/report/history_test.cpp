#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "report/format.hpp"
#include "report/history_page.hpp"
#include "report/history_text.hpp"
#include "small_result.hpp"
#include "tests/unit/analyze/results_over_time.hpp"

namespace asyncbench::report {
namespace {

using analyze::Commit;
using analyze::History;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

History history_of(std::vector<analyze::HistoryEntry> entries) {
  return analyze::history_of(std::move(entries),
                             {.strategies = {"thread_per_connection", "epoll", "uring"}});
}

History stepped() { return history_of(analyze::entries_of(analyze::with_step(10, 6, 0.55))); }

void expect_narrow(const std::string& text, std::size_t width) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(display_width(line), width) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

TEST(HistoryText, BeginsWithTheNewestChangeAndItsCommit) {
  std::vector<Commit> commits = analyze::with_step(10, 10, 0.55);
  for (std::size_t i = 15; i < commits.size(); ++i) commits[i].uring_calls = 13;
  const std::string text = history_text(history_of(analyze::entries_of(commits)), {});
  const std::size_t calls = text.find("0abc010 2026-10-16 04:00, after 0abc00f");
  const std::size_t cpu = text.find("0abc00b 2026-10-11 04:00, after 0abc00a");
  ASSERT_NE(calls, text.npos) << text;
  ASSERT_NE(cpu, text.npos) << text;
  EXPECT_LT(calls, cpu);
  EXPECT_THAT(text, HasSubstr("0.250 -> 0.325"));
  EXPECT_THAT(text, HasSubstr("+30% worse"));
  EXPECT_THAT(text, testing::ContainsRegex("1111+[1-8]?8+\n"));  // the sparkline
  EXPECT_THAT(text, HasSubstr("STEADY  6 of 8 lines"));
  expect_narrow(text, 80);
}

TEST(HistoryText, DrawsBlocksWhereTheTerminalHasThem) {
  const std::string text = history_text(stepped(), {.all = true, .utf8 = true});
  EXPECT_THAT(text, AllOf(HasSubstr("▁"), HasSubstr("█"), HasSubstr("LINES")));
  expect_narrow(text, 80);
}

TEST(HistoryText, FitsMoreResultsThanThereAreColumns) {
  const History history = history_of(analyze::entries_of(analyze::with_step(100, 60, 0.55)));
  expect_narrow(history_text(history, {.all = true}), 80);
}

TEST(HistoryText, NamesBreaksAndMarksThem) {
  std::vector<Commit> commits = analyze::with_step(6, 0, 0.5);
  for (std::size_t i = 3; i < commits.size(); ++i) commits[i].kernel = "6.18";
  const std::string text = history_text(history_of(analyze::entries_of(commits)), {.all = true});
  EXPECT_THAT(text, AllOf(HasSubstr("BREAKS"), HasSubstr("kernel: 6.1 and 6.18"),
                          testing::ContainsRegex("[1-8]{3}\\|[1-8]{3}")));
}

TEST(HistoryJson, LeavesOpenEndsNull) {
  const auto document = nlohmann::json::parse(
      history_json(history_of(analyze::entries_of(analyze::with_step(4, 2, 0.5, 12)))));
  ASSERT_EQ(document.at("changes").size(), 1u);
  const auto& change = document.at("changes").at(0);
  EXPECT_EQ(change.at("certainty"), "fresh");
  EXPECT_NEAR(change.at("factor").at("estimate").get<double>(), 1.2, 1e-6);
  EXPECT_TRUE(change.at("factor").at("high").is_null());
  EXPECT_TRUE(document.at("lines").at(1).at("points").at(0).at("ratio").at("low").is_null());
}

TEST(HistoryPage, HasAChartForAChangeAndAStripForEachLine) {
  const History history = stepped();
  const std::string page = history_page(history);
  const auto count = [&](std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = page.find(what); at != page.npos; at = page.find(what, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("<article class=\"card\">"), 1u);
  EXPECT_EQ(count("<circle"), history.runs.size());
  EXPECT_EQ(count("<svg class=\"strip\""), history.lines.size());
  EXPECT_THAT(page, HasSubstr("<h1>1 of 8 lines has changed</h1>"));
  EXPECT_THAT(page, HasSubstr("aria-label=\"total CPU per request of uring"));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(page, Not(HasSubstr("inf%")));
  EXPECT_EQ(page, history_page(history));
}

TEST(HistoryPage, KeepsForeignTextText) {
  result::Result hostile = hostile_result();
  hostile.environment.facts.back().second = kHostileName;
  // Beside the other strategy of its group, for there to be a line.
  hostile.cells[0].parameters = hostile.cells[1].parameters;
  std::vector<analyze::HistoryEntry> entries;
  for (int day = 1; day <= 2; ++day) {
    hostile.run.id = std::to_string(day);
    hostile.run.started = std::string("2026-11-0") + std::to_string(day) + kHostileName;
    hostile.environment.facts[0].second = kHostileName + std::to_string(day);
    entries.push_back(analyze::entry_of(hostile, kHostileName, ""));
  }
  const History history = history_of(entries);
  ASSERT_FALSE(history.lines.empty());
  const std::string page = history_page(history);
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, HasSubstr("&lt;img"));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  const std::string text = history_text(history, {.all = true});
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_NO_THROW(nlohmann::json::parse(history_json(history)));
}

}  // namespace
}  // namespace asyncbench::report
