#include "report/change_text.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <regex>
#include <sstream>

#include "analyze/summary.hpp"
#include "report/format.hpp"
#include "tests/unit/analyze/cells.hpp"

namespace asyncbench::report {
namespace {

using result::Cell;
using result::Result;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Speed {
  double throughput = 1;
  double latency = 1;
  double cpu = 1;
};

Cell measured(const std::string& name, const Speed& speed, int blocks, std::int64_t seed) {
  Cell cell = analyze::cell_named(name, {{"connections", std::int64_t{64}}});
  for (int block = 0; block < blocks; ++block) {
    const double noise = analyze::noise(block + seed);
    cell.trials.push_back(
        analyze::trial_of({.throughput_per_s = std::round(100'000 * speed.throughput * noise),
                           .latency_ns = static_cast<std::int64_t>(100'000 * speed.latency * noise),
                           .cpu_ns = static_cast<std::int64_t>(5'000 * speed.cpu * noise)},
                          block));
  }
  return cell;
}

Result result_with(std::vector<Cell> cells) {
  Result result;
  result.run.started = "2026-11-20T22:05:00Z";
  result.environment.facts = {{"git_commit", std::string("0123456789abcdef")}};
  result.cells = std::move(cells);
  analyze::summarize(result);
  return result;
}

std::string change_between(const Result& before, const Result& after,
                           const Terminal& terminal = {}) {
  const analyze::Comparison comparison = analyze::compare_results(before, after);
  return change_text({.comparison = comparison,
                      .before = before,
                      .after = after,
                      .before_name = "before.json",
                      .after_name = "after.json",
                      .forced = {}},
                     terminal);
}

// One cell that changed so much, in so many pairs.
std::string change_by(const Speed& speed, int pairs = 10) {
  return change_between(result_with({measured("uring", {}, pairs, 0)}),
                        result_with({measured("uring", speed, pairs, 3)}));
}

// Without the line breaks that a narrow terminal needs.
std::string flat(const std::string& text) {
  return std::regex_replace(text, std::regex("\\s+"), " ");
}

std::string first_word(const std::string& text) {
  const std::size_t at = text.find("\n\n") + 2;
  return text.substr(at, text.find(' ', at) - at);
}

// A throughput that fell to an eighth is an eighth of before, whichever is the larger number.
TEST(ChangeText, SaysWhatBecameOfTheEarlierFigure) {
  const std::string fall = change_by({.throughput = 0.125});
  EXPECT_EQ(first_word(fall), "WORSE?") << fall;
  EXPECT_THAT(fall, HasSubstr("throughput fell to 0.13 times"));
  EXPECT_THAT(fall, Not(HasSubstr("rose")));
  const std::string rise = change_by({.throughput = 8});
  EXPECT_EQ(first_word(rise), "BETTER?") << rise;
  EXPECT_THAT(rise, HasSubstr("throughput rose to 8.00 times"));
  const std::string slower = change_by({.latency = 3});
  EXPECT_EQ(first_word(slower), "WORSE?") << slower;
  EXPECT_THAT(slower, HasSubstr("p99 rose to 3.0"));
  const std::string faster = change_by({.latency = 0.25});
  EXPECT_EQ(first_word(faster), "BETTER?") << faster;
  EXPECT_THAT(flat(faster), HasSubstr("p99 fell to 0.25 times"));
  const std::string trade = change_by({.throughput = 2, .cpu = 2});
  EXPECT_EQ(first_word(trade), "MIXED?") << trade;
}

TEST(ChangeText, TurnsRoundWithItsArguments) {
  const Result before = result_with({measured("uring", {}, 10, 0)});
  const Result after = result_with({measured("uring", {.throughput = 0.5}, 10, 3)});
  EXPECT_THAT(change_between(before, after), HasSubstr("throughput fell to 0.50 times"));
  EXPECT_THAT(change_between(after, before), HasSubstr("throughput rose to 2.0"));
}

TEST(ChangeText, SaysWhatWouldDecideIt) {
  const std::string text = change_by({.throughput = 0.125});
  EXPECT_THAT(flat(text), HasSubstr("no more than likely. To decide: asyncbench gate"));
  EXPECT_THAT(
      text, HasSubstr("asyncbench gate --base OLD --candidate NEW fetch --strategies uring \\\n"));
  EXPECT_THAT(text, HasSubstr("--connections 64\n"));
  EXPECT_EQ(first_word(change_by({})), "ALIKE");
  EXPECT_THAT(change_by({}), Not(HasSubstr("asyncbench gate")));
}

TEST(ChangeText, SaysOfTooFewPairsHowManyItNeeds) {
  for (const int pairs : {1, 5}) {
    const std::string text = change_by({.throughput = 0.125}, pairs);
    EXPECT_EQ(first_word(text), "OPEN") << text;
    EXPECT_THAT(text, HasSubstr(fmt::format("uring: {} of the 6 pairs that it needs", pairs)));
    EXPECT_THAT(text, Not(HasSubstr("?")));
    EXPECT_THAT(text, Not(HasSubstr("inf")));
  }
  Cell broken = measured("uring", {}, 6, 0);
  for (result::Trial& trial : broken.trials) trial.valid = false;
  const std::string text =
      change_between(result_with({measured("uring", {}, 6, 0)}), result_with({broken}));
  EXPECT_EQ(first_word(text), "OPEN") << text;
  EXPECT_THAT(text, HasSubstr("uring: no valid trial"));
}

TEST(ChangeText, CountsCellsAndFoldsThoseWithoutAChange) {
  const Result before = result_with({measured("uring", {}, 10, 0), measured("epoll", {}, 10, 1),
                                     measured("asio", {}, 20, 2), measured("libuv", {}, 10, 2)});
  const Result after =
      result_with({measured("uring", {.throughput = 0.125}, 10, 3),
                   measured("epoll", {.throughput = 0.25}, 10, 4), measured("asio", {}, 20, 5),
                   measured("libuv", {.throughput = 0.1}, 5, 5)});
  const std::string text = change_between(before, after);
  EXPECT_THAT(text, HasSubstr("throughput fell to 0.13..0.25 times in 2 of 4 cells"));
  EXPECT_THAT(text, HasSubstr("\n  no change shown: asio\n"));
  EXPECT_THAT(text, HasSubstr("\n  libuv: 5 of the 6 pairs that it needs\n"));
  EXPECT_THAT(text, HasSubstr("uring,epoll --connections 64\n"));
}

TEST(ChangeText, NamesBothSidesAndWhatOnlyOneHas) {
  const Result before = result_with({measured("uring", {}, 6, 0), measured("asio", {}, 6, 0)});
  const Result after = result_with({measured("uring", {}, 6, 0)});
  const std::string text = change_between(before, after);
  EXPECT_THAT(text, StartsWith("before 0123456 22:05 before.json, after 0123456 22:05 "));
  EXPECT_THAT(text, HasSubstr("strategy:asio/connections:64: only in the first result"));
}

TEST(ChangeText, FitsItsWidthWithLongNamesAndAnyColors) {
  const std::vector<Cell> names = {measured("thread_per_connection", {}, 10, 0),
                                   measured("uring", {}, 10, 0)};
  std::vector<Cell> slow = {measured("thread_per_connection", {.throughput = 0.01}, 10, 3),
                            measured("uring", {.latency = 40}, 10, 3)};
  const Result before = result_with(names);
  const Result after = result_with(slow);
  for (const std::size_t width : {60U, 80U, 120U}) {
    std::istringstream lines(change_between(before, after, {.width = width}));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(display_width(line), width) << line;
    }
  }
  const std::string colored = change_between(before, after, {.color = true});
  EXPECT_THAT(colored, HasSubstr("\033[31mWORSE?\033[0m"));
  EXPECT_EQ(std::regex_replace(colored, std::regex("\033\\[[0-9]+m"), ""),
            change_between(before, after));
}

}  // namespace
}  // namespace asyncbench::report
