#include "analyze/figures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "analyze/summary.hpp"
#include "cells.hpp"
#include "result/from_recording.hpp"

namespace asyncbench::analyze {
namespace {

using testing::Contains;
using testing::Key;
using testing::Not;

result::Latency latency_of(std::int64_t ns, std::uint64_t times) {
  measure::Histogram histogram;
  histogram.record(ns, times);
  return *result::latency_of(histogram);
}

TEST(Figures, HaveNamesThatOccurOnceAndEndInTheirUnit) {
  std::set<std::string_view> names;
  for (const Figure& figure : figures()) {
    EXPECT_TRUE(names.insert(figure.name).second) << figure.name;
    EXPECT_TRUE(figure.name.ends_with(info_of(figure.unit).suffix)) << figure.name;
    EXPECT_FALSE(figure.title().empty() || figure.terminal_title().empty()) << figure.name;
  }
}

TEST(Figures, HoldEveryFieldOfASummary) {
  for (const char* name : result::kSummaryFields) {
    const auto row = std::ranges::find(figures(), name, &Figure::name);
    ASSERT_NE(row, figures().end()) << name;
    EXPECT_NE(row->read, nullptr) << name;
  }
}

TEST(Figures, OfTheSchemaAreTheFieldsOfASummary) {
  std::ifstream file(ASYNCBENCH_RESULT_SCHEMA);
  const auto schema = nlohmann::json::parse(file);
  std::set<std::string> described;
  for (const auto& [name, field] : schema.at("$defs").at("summary").at("properties").items()) {
    described.insert(name);
  }
  for (const char* other : {"trials_valid", "trials_timed", "figures", "notes"}) {
    EXPECT_EQ(described.erase(other), 1U) << other;
  }
  EXPECT_EQ(described,
            std::set<std::string>(result::kSummaryFields.begin(), result::kSummaryFields.end()));
}

TEST(Figures, OfAnUnknownNameAreMadeFromIt) {
  const Figure rate = info_of("widgets_per_s");
  EXPECT_EQ(rate.unit, Unit::per_s);
  EXPECT_EQ(rate.higher_is_better, true);
  EXPECT_EQ(rate.terminal_title(), "widgets/s");
  const Figure wait = info_of("wait_for_it_ns");
  EXPECT_EQ(wait.unit, Unit::time);
  EXPECT_EQ(wait.higher_is_better, false);
  EXPECT_EQ(wait.title(), "wait for it");
  EXPECT_FALSE(info_of("colour").higher_is_better);
}

TEST(Figures, OfATrialCountItsUnfinishedRequests) {
  result::Trial trial{.valid = true, .window_ns = 1'000'000'000};
  trial.outcomes[0] = 90;
  trial.service_time = latency_of(1'000'000, 90);
  trial.censored_service_time = latency_of(500'000'000, 10);
  const TrialFigures figures = figures_of(result::Cell{}, trial);
  EXPECT_NEAR(figures.at("service_time_p99_ns").value, 5e8, 1e6);
  EXPECT_TRUE(figures.at("service_time_p99_ns").at_least);
  EXPECT_THAT(figures, Not(Contains(Key("response_time_p99_ns"))));
}

TEST(Figures, OfATrialHoldWhatItsWorkloadMeasures) {
  result::Trial trial{.valid = true};
  trial.figures = {{"widgets_per_s", 7}, {"memory_fit", 0.99}};
  trial.series.emplace("heartbeat_lag", latency_of(2'000'000, 1000));
  const TrialFigures figures = figures_of(result::Cell{}, trial);
  EXPECT_EQ(figures.at("widgets_per_s").value, 7);
  EXPECT_EQ(figures.at("memory_fit").value, 0.99);
  EXPECT_NEAR(figures.at("heartbeat_lag_p50_ns").value, 2e6, 1e4);
  EXPECT_NEAR(figures.at("heartbeat_lag_p99_ns").value, 2e6, 1e4);
}

TEST(Figures, CountMajorPageFaultsPerRequest) {
  result::Trial trial{.valid = true};
  trial.outcomes[0] = 10;
  EXPECT_THAT(figures_of(result::Cell{}, trial),
              Not(Contains(Key("page_faults_major_per_request"))));
  trial.subject.page_faults_major = 5;
  EXPECT_EQ(figures_of(result::Cell{}, trial).at("page_faults_major_per_request").value, 0.5);
}

TEST(Figures, OfACountTrialAreItsCountsAlone) {
  result::Trial trial{.kind = result::TrialKind::count, .valid = true, .throughput_per_s = 5};
  trial.outcomes[0] = 10;
  trial.subject.syscalls = 30;
  trial.figures = {{"memory_fit", 0.99}};
  const TrialFigures figures = figures_of(result::Cell{}, trial);
  ASSERT_EQ(figures.size(), 1U);
  EXPECT_EQ(figures.at("syscalls_per_request").value, 3);
}

TEST(Figures, OfCellsStandInTheOrderOfTheTableThenByName) {
  result::Cell cell;
  cell.summary.emplace().figures = {
      {"zebras", {}}, {"aardvarks", {}}, {"cpu_per_request_ns", {}}, {"throughput_per_s", {}}};
  const std::vector<const result::Cell*> cells = {&cell};
  std::vector<std::string> names;
  for (const Figure& figure : figures_of(cells)) names.emplace_back(figure.name);
  EXPECT_EQ(names, (std::vector<std::string>{"throughput_per_s", "cpu_per_request_ns", "aardvarks",
                                             "zebras"}));
}

}  // namespace
}  // namespace asyncbench::analyze
