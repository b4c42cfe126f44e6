#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "analyze/summary.hpp"
#include "report/page.hpp"
#include "tests/unit/report/profiled_cell.hpp"

namespace asyncbench::report {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

result::Result result_of(std::vector<result::Cell> cells) {
  result::Result result;
  result.run = {.id = "1", .started = "2026-11-25T14:12:30Z", .complete = true};
  result.cells = std::move(cells);
  analyze::summarize(result);
  return result;
}

PageInput input_of(const result::Result& result) {
  PageInput input;
  input.results.emplace_back(result);
  return input;
}

const Json profile_at(const Json& data, std::size_t cell) {
  return data.at("results")
      .at(0)
      .at("workloads")
      .at(0)
      .at("groups")
      .at(0)
      .at("cells")
      .at(cell)
      .at("profile");
}

TEST(PageWhyTest, StandsBesideTheStrategiesTheLeastCpuFirst) {
  const result::Result result =
      result_of({profiled_cell("asio", 500, 100), profiled_cell("uring", 300, 20)});
  const std::string body = page_body(input_of(result));
  EXPECT_LT(body.find("<section id=\"why\">"), body.find("<section id=\"answer\">"));
  EXPECT_THAT(body, HasSubstr("<th scope=\"col\" class=\"number\">uring</th>"
                              "<th scope=\"col\" class=\"number\">asio</th>"));
  // 300 of 320 samples of 1 ms, over 1000 requests.
  EXPECT_THAT(body, HasSubstr("300000 <span class=\"part\">94%</span>"));
  EXPECT_THAT(body, HasSubstr("TCP send"));
  EXPECT_THAT(body, HasSubstr("320.00us of CPU per request"));
}

TEST(PageWhyTest, AResultWithoutProfilesHasNoSuchSection) {
  result::Cell plain = profiled_cell("uring", 300, 20);
  plain.trials.pop_back();
  const result::Result result = result_of({plain});
  EXPECT_THAT(page_body(input_of(result)), Not(HasSubstr("id=\"why\"")));
  EXPECT_TRUE(profile_at(Json::parse(page_data(input_of(result))), 0).is_null());
}

TEST(PageWhyTest, TheTreeIsInNanosecondsPerRequest) {
  const result::Result result = result_of({profiled_cell("uring", 3, 2)});
  const Json on_cpu = profile_at(Json::parse(page_data(input_of(result))), 0).at("on_cpu");
  double sum = 0;
  for (const Json& node : on_cpu.at("nodes")) sum += node.at(2).get<double>();
  EXPECT_DOUBLE_EQ(sum, 5000);
  EXPECT_EQ(on_cpu.at("nodes").at(0).at(0), -1);
  EXPECT_EQ(on_cpu.at("functions").size(), 4u);
}

TEST(PageWhyTest, BranchesThatNobodyCouldSeeAreCountedWhereTheyBranchOff) {
  const result::Result result = result_of({profiled_cell("uring", 100'000, 1)});
  const Json on_cpu = profile_at(Json::parse(page_data(input_of(result))), 0).at("on_cpu");
  EXPECT_EQ(on_cpu.at("functions").size(), 3u);
  double sum = 0;
  for (const Json& node : on_cpu.at("nodes")) sum += node.at(2).get<double>();
  EXPECT_NEAR(sum, 100'001'000, 1);
}

TEST(PageWhyTest, HostileFunctionNamesStayText) {
  result::Cell cell = profiled_cell("</script><b>", 3, 2);
  const result::Result result = result_of({cell, profiled_cell("asio", 5, 0)});
  EXPECT_THAT(page(input_of(result)), Not(HasSubstr("</script><b>")));
}

}  // namespace
}  // namespace asyncbench::report
