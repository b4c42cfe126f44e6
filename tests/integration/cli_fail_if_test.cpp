// --fail-if: conditions on figures that decide the exit code.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A run of one cell whose requests take some time, and never a minute.
Arguments run_with(const Arguments& conditions, Arguments more = {}) {
  Arguments all = {"run",      "fetch", "--strategies", "epoll",   "--duration", "100ms",
                   "--warmup", "20ms",  "--cpu-idle",   "default", "--trials",   "1"};
  for (const std::string& condition : conditions) {
    all.insert(all.end(), {"--fail-if", condition});
  }
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(CliFailIf, EndsWithOneAndALineForEachConditionThatHolds) {
  const ScratchFolder folder;
  const Surroundings here{.folder = folder.path()};
  const Ended run = run_program(run_with({"p50>1ns", "max<60s,errors>99%", "throughput < 1/s"},
                                         {"--connections", "1,2", "--out", "r.json"}),
                                here);
  EXPECT_EQ(run.exit_code, 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr("asyncbench: --fail-if p50>1ns: "
                                 "fetch/strategy:epoll/connections:1/body_bytes:12: p50 is "));
  EXPECT_THAT(run.err, HasSubstr("fetch/strategy:epoll/connections:2/body_bytes:12: max is "));
  EXPECT_THAT(run.err, HasSubstr(" in its one trial\n"));
  EXPECT_THAT(run.err, Not(HasSubstr("errors")));
  EXPECT_THAT(run.err, Not(HasSubstr("throughput")));
  EXPECT_THAT(run.out, HasSubstr("Result: r.json"));

  // The stored result is judged alike.
  const Ended show = run_program({"show", "r.json", "--fail-if", "cpu>1ns"}, here);
  EXPECT_EQ(show.exit_code, 1);
  EXPECT_THAT(show.err, HasSubstr("--fail-if cpu>1ns: fetch/strategy:epoll/connections:1"));
  const Ended passes = run_program({"show", "r.json", "--fail-if", "memory>100g"}, here);
  EXPECT_EQ(passes.exit_code, 0);
  EXPECT_THAT(passes.err, IsEmpty());
}

TEST(CliFailIf, EndsWithThreeWhereAConditionCannotBeJudged) {
  const ScratchFolder folder;
  const Surroundings here{.folder = folder.path()};
  const Arguments few = {"--requests", "100", "--connections", "1", "--out", "r.json"};
  const Ended run = run_program(run_with({"p99.9>60s"}, few), here);
  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_THAT(run.err, HasSubstr("cannot be judged: too few requests in a trial for this"));
  // One that holds is worse.
  EXPECT_EQ(run_program({"show", "r.json", "--fail-if", "p99.9>60s,p50>1ns"}, here).exit_code, 1);
}

TEST(CliFailIf, LeavesTheCodeOfARunWhoseCellsFailed) {
  const ScratchFolder folder;
  const Ended run = run_program(run_with({"errors>0.1%"}, {"--url", "http://127.0.0.1:1/"}),
                                {.folder = folder.path()});
  EXPECT_EQ(run.exit_code, 5) << run.err;
  EXPECT_THAT(run.err, HasSubstr("--fail-if errors>0.1%: fetch/strategy:epoll/"));
  EXPECT_THAT(run.err, HasSubstr("cannot be judged: every request"));
}

TEST(CliFailIf, RefusesWhatIsNoConditionWithTheListOfFigures) {
  const ScratchFolder folder;
  const Surroundings here{.folder = folder.path()};
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"p99", "has neither < nor >"},
      {"p98>5ms", "has no figure of this name"},
      {"p99>5", "has no limit: "},
      {"p99>", "has no limit: "},
      {"throughput<5000", "a rate such as 5000/s"},
      {"errors>1", "percent such as 0.1%"},
      {"memory>5", "a size with its unit"},
      {"errors<0%", "can never hold"},
      {"errors>100%", "can never hold"},
      {"", "has neither < nor >"},
  };
  for (const auto& [condition, says] : cases) {
    const Ended refused = run_program(run_with({condition}), here);
    expect_refusal(refused, 2, says);
    EXPECT_THAT(refused.err, HasSubstr("--fail-if: \""));
    EXPECT_THAT(refused.err, HasSubstr("figures are p50>1ms, p90>2ms, p99>5ms, p99.9>20ms, max>1s, "
                                       "throughput<5000/s, errors>0.1%, cpu>20us, memory>200m"));
  }
}

}  // namespace
}  // namespace asyncbench::test
