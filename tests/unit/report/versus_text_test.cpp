#include "report/versus_text.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace asyncbench::report {
namespace {

using analyze::Condition;
using analyze::Contrast;
using analyze::Decision;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Decision kDecisions[] = {
    Decision::better, Decision::slightly_better, Decision::alike,  Decision::slightly_worse,
    Decision::worse,  Decision::undecided,       Decision::invalid};

Contrast contrast(analyze::FigureName figure, double ratio, Decision decision,
                  double interval = 1.02) {
  Contrast made{.figure = figure};
  made.judgement.blocks = decision == Decision::invalid ? 0 : 8;
  made.judgement.ratio = {.estimate = ratio,
                          .low = ratio / interval,
                          .high = ratio * interval,
                          .alpha_each_side = 0.01};
  made.judgement.decision = decision;
  return made;
}

Condition condition(const std::string& name, double cpu, Decision decision) {
  Condition made{.name = name};
  made.contrasts = {contrast(analyze::kTotalCpu, cpu, decision),
                    contrast(analyze::kServiceP50, 1, Decision::alike),
                    contrast(analyze::kServiceP99, 1, Decision::alike),
                    contrast(analyze::kThroughput, 1, Decision::alike)};
  return made;
}

Versus versus(std::vector<Condition> conditions) {
  return {.reference = "epoll", .other = "asio", .rule = {}, .conditions = std::move(conditions)};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(VersusTable, FitsWhateverWasDecidedAtWhateverRate) {
  for (const Decision decision : kDecisions) {
    for (const double ratio : {0.0012, 0.97, 1.03, 26.31, 4500.0}) {
      for (const char* const rate : {"9", "66000", "130000", "1250000"}) {
        Condition made =
            condition(fmt::format("serve/connections:64/body_bytes:12/arrivals:constant:{}", rate),
                      ratio, decision);
        made.contrasts[1] = contrast(analyze::kResponseP50, ratio, Decision::undecided);
        made.contrasts[2] = contrast(analyze::kResponseP99, ratio, Decision::undecided);
        made.contrasts.pop_back();
        const std::string table = versus_table(versus({made}), 80);
        for (const std::string& line : lines_of(table)) EXPECT_LE(line.size(), 80u) << line;
        const bool is_common = ratio > 0.5 && ratio < 2;
        EXPECT_LE(lines_of(table).size(), is_common ? 2u : 4u) << table;
        EXPECT_THAT(table, HasSubstr(name_of(decision)));
      }
    }
  }
}

TEST(VersusTable, GivesANameWithoutRoomALineOfItsOwnAndCutsNone) {
  Versus made = versus({condition("gather/connections:64/body_bytes:16384/fan_out:32/think_time:5",
                                  0.9, Decision::better),
                        condition("serve/connections:1", 1.01, Decision::alike)});
  made.reference = "thread_per_connection";
  made.other = "thread_per_request:pool";
  const std::vector<std::string> lines = lines_of(versus_table(made, 60));
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0], "thread_per_request:pool / thread_per_connection");
  EXPECT_EQ(lines[2], "gather 64, 16KiB, fan_out 32, think_time 5");
  EXPECT_THAT(lines[3], HasSubstr("0.90 [0.88, 0.92]"));
  EXPECT_THAT(lines[4], StartsWith("serve 1 "));
  EXPECT_EQ(lines[3].find("0.90"), lines[4].find("1.01"));
}

TEST(VersusTable, MarksWhatIsNotDecidedOrNotDifferent) {
  Condition made = condition("serve/connections:1", 0.9, Decision::better);
  made.contrasts[1] = contrast(analyze::kServiceP50, 1.5, Decision::undecided);
  made.contrasts[2] = contrast(analyze::kServiceP99, 1.25, Decision::worse);
  made.contrasts[3] = contrast(analyze::kThroughput, 1, Decision::invalid);
  const std::string row = lines_of(versus_table(versus({made}), 80)).back();
  EXPECT_THAT(row, HasSubstr(" 1.50? "));
  EXPECT_THAT(row, HasSubstr(" 1.25 "));
  EXPECT_THAT(row, HasSubstr("-  better"));
}

TEST(VersusAnswer, SaysWhetherToMove) {
  const auto answer_for = [](std::initializer_list<Decision> decisions) {
    std::vector<Condition> conditions;
    for (const Decision decision : decisions) {
      const double cpu = analyze::is_better(decision) ? 0.8 : analyze::is_worse(decision) ? 1.2 : 1;
      conditions.push_back(
          condition(fmt::format("serve/connections:{}", conditions.size() + 1), cpu, decision));
    }
    return versus_answer(versus(conditions));
  };
  EXPECT_EQ(answer_for({Decision::better}),
            "Yes, move: against epoll, asio needs 20 % less CPU per request.");
  EXPECT_EQ(answer_for({Decision::worse, Decision::worse}),
            "No, stay: against epoll, asio needs 20 % more CPU per request in every condition.");
  EXPECT_EQ(answer_for({Decision::alike, Decision::slightly_worse}),
            "No reason to move: against epoll, asio needs the same within 3 % in every condition.");
  EXPECT_EQ(answer_for({Decision::better, Decision::worse}),
            "It depends: against epoll, asio needs 20 % less CPU per request (serve 1), needs 20 % "
            "more CPU per request (serve 2).");
  EXPECT_EQ(answer_for({Decision::better, Decision::undecided, Decision::invalid}),
            "Open: against epoll, asio needs 20 % less CPU per request (serve 1), is undecided "
            "(serve 2), has nothing valid (serve 3).");
  EXPECT_EQ(answer_for({}), "nothing was measured of both asio and epoll");
}

TEST(VersusAnswer, NamesThePriceAndTheNoise) {
  Condition made = condition("serve/connections:1", 0.8, Decision::better);
  made.contrasts[2] = contrast(analyze::kServiceP99, 1.5, Decision::worse);
  made.noise = contrast(analyze::kTotalCpu, 1.004, Decision::alike).judgement;
  EXPECT_EQ(
      versus_answer(versus({made})),
      "Yes, move: against epoll, asio needs 20 % less CPU per request. But its p99 is worse: "
      "1.50 [1.47, 1.53] times at serve 1. Noise: epoll differs from its own twin by 0.4 % at "
      "most.");
}

}  // namespace
}  // namespace asyncbench::report
