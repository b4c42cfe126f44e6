#include <gmock/gmock.h>

#include "run/runner.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::run {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Plan fetching(std::size_t strategies, std::uint64_t connections, const std::string& url) {
  Plan plan;
  for (std::size_t i = 0; i < strategies; ++i) {
    PlannedCell cell{.workload = &workloads::fetch_workload(),
                     .strategy = "strategy" + std::to_string(i)};
    cell.work.parameters = workloads::Parameters(cell.workload->info().parameters);
    cell.work.parameters.put("connections", connections);
    if (!url.empty()) cell.work.urls = {url};
    set_names(cell);
    plan.cells.push_back(std::move(cell));
  }
  return plan;
}

constexpr const char* kUrl = "http://192.0.2.1/";

TEST(Preflight, CountsThePortsOfAllThatAreConnectedToOneServer) {
  EXPECT_THAT(preflight(fetching(1, 8000, kUrl)), IsEmpty());
  const auto problems = preflight(fetching(12, 8000, kUrl));
  ASSERT_THAT(problems, Not(IsEmpty()));
  EXPECT_THAT(problems.front(), HasSubstr("104000 connections"));
  EXPECT_THAT(problems.front(), HasSubstr("--turns off"));

  Plan apart = fetching(12, 8000, kUrl);
  apart.settings.turns = false;
  EXPECT_THAT(preflight(apart), IsEmpty()) << "one after the other";
  EXPECT_THAT(preflight(fetching(12, 8000, "")), IsEmpty()) << "every cell has its own server";
}

}  // namespace
}  // namespace asyncbench::run
