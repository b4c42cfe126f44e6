// `asyncbench search`: what it refuses, and what it answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "cli_checks.hpp"
#include "interrupting.hpp"
#include "program.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct BadInput {
  Arguments arguments;
  std::string says;
};

void expect_usage_errors(const std::vector<BadInput>& inputs) {
  const ScratchFolder folder;
  for (const BadInput& input : inputs) {
    Arguments arguments = {"search"};
    arguments.insert(arguments.end(), input.arguments.begin(), input.arguments.end());
    SCOPED_TRACE(::testing::PrintToString(arguments));
    expect_refusal(run_program(arguments, {.folder = folder.path()}), 2, input.says);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

Arguments short_search(Arguments arguments) {
  arguments.insert(arguments.begin(), "search");
  for (const char* more : {"--duration", "50ms", "--warmup", "20ms", "--grace", "200ms",
                           "--cpu-idle", "default", "--out", "s.json"}) {
    arguments.emplace_back(more);
  }
  if (kSanitized) arguments.insert(arguments.end(), {"--server-delay", "20ms"});
  return arguments;
}

TEST(CliSearch, AsksOneQuestionAtATime) {
  expect_usage_errors({
      {{"fetch"}, "--crossover A,B --over"},
      {{}, "no workload"},
      {{"quick", "--usl", "-s", "asio"}, "there are fetch"},
      {{"fetsh", "--usl", "-s", "asio"}, "did you mean fetch?"},
      {{"fetch", "--usl", "--objective", "p99<5ms"}, "ask one at a time"},
      {{"fetch", "--usl", "-s", "asio", "--over", "connections=1..8"}, "belongs to --crossover"},
      {{"fetch", "--crossover", "asio,epoll", "--trials", "3"}, "belongs to --usl"},
  });
}

TEST(CliSearch, RefusesACrossoverThatCannotBeSearchedWithARemedy) {
  const auto over = [](Arguments arguments, const std::string& range) {
    arguments.insert(arguments.begin(), "fetch");
    arguments.insert(arguments.end(), {"--over", range});
    return arguments;
  };
  const Arguments pair = {"--crossover", "asio,epoll"};
  expect_usage_errors({
      {over({"--crossover", "asio"}, "connections=1..8"), "for example --crossover"},
      {over({"--crossover", "asio,asio"}, "connections=1..8"), "does not name two"},
      {over({"--crossover", "asio,epol"}, "connections=1..8"), "did you mean epoll?"},
      {over({"--crossover", "asio,epoll", "-s", "asio"}, "connections=1..8"), "--strategies"},
      {{"fetch", "--crossover", "asio,epoll"}, "--over connections=1..1024"},
      {over(pair, "connections"), "PARAMETER=LO..HI"},
      {over(pair, "timers=1..8"), "it has connections, body_bytes"},
      {over(pair, "arrivals=1..8"), "with a range of values"},
      {over(pair, "connections=8..8"), "two different values"},
      {over(pair, "connections=8..1"), "the lower one first"},
      {over(pair, "connections=0..8"), "between 1 and"},
      {over(pair, "server-delay=1..8"), "a duration such as"},
      {over({"--crossover", "asio,epoll", "-c", "4"}, "connections=1..8"), "leave it out"},
      {over({"--crossover", "asio,epoll", "--body-bytes", "1,2"}, "connections=1..8"), "one value"},
      {over({"--crossover", "asio,epoll", "--by", "cpus"}, "connections=1..8"),
       "did you mean cpu?"},
      {over({"--crossover", "asio,epoll", "--by", "throughput", "--arrivals", "poisson:100"},
            "connections=1..8"),
       "try cpu or p99"},
      {over({"--crossover", "asio,epoll", "--budget", "10"}, "connections=1..8"), "36 to"},
      {{"timers", "--crossover", "asio,epoll", "--over", "timers=1..8", "--by", "throughput"},
       "--by cpu"},
  });
}

TEST(CliSearch, RefusesAnObjectiveThatCannotBeJudgedWithARemedy) {
  const auto objective = [](const std::string& text, const Arguments& more = {}) {
    Arguments arguments = {"serve", "-s", "asio", "--objective", text};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  expect_usage_errors({
      {objective("fast"), "no criterion such as p99<5ms"},
      {objective(","), "for example p99<5ms,errors<0.1%"},
      {objective("p99<5"), "a duration such as"},
      {objective("p99<0"), "a time above 0"},
      {objective("p98<5ms"), "unknown figure"},
      {objective("p99>5ms"), "from the wrong side"},
      {objective("achieved<98%"), "from the wrong side"},
      {objective("errors<5"), "a share such as"},
      {objective("errors<0"), "did you mean errors<=0?"},
      {objective("p99<5ms", {"--arrivals", "closed"}), "is about an open loop"},
      {objective("p99<5ms", {"--arrivals", "poisson:100"}), "leave --arrivals out"},
      {objective("p99<5ms", {"--think-time", "1ms"}), "closed loop"},
      {objective("p99<5ms", {"--rate-from", "0"}), "1 to 10000000"},
      {objective("p99<5ms", {"--rate-from", "9", "--rate-to", "8"}), "begin at most there"},
      {objective("p99<5ms", {"--schedule", "poison"}), "did you mean poisson?"},
      {{"serve", "--objective", "p99<5ms"}, "for example --strategies"},
      {{"timers", "-s", "asio", "--objective", "p99<5ms"}, "no arrivals"},
  });
}

TEST(CliSearch, RefusesASweepThatCannotBeFitted) {
  expect_usage_errors({
      {{"fetch", "--usl"}, "for example --strategies"},
      {{"fetch", "--usl", "-s", "asio", "--connections", "1,2,3"}, "at least 6 values"},
      {{"fetch", "--usl", "-s", "asio", "--body-bytes", "1,2"}, "one value"},
      {{"fetch", "--usl", "-s", "asio", "--arrivals", "poisson:10"}, "closed loop"},
      {{"timers", "--usl", "-s", "asio"}, "no number of requests in flight"},
  });
}

TEST(CliSearch, RefusesAStrategyThatCannotDoTheWorkBeforeMeasuring) {
  const ScratchFolder folder;
  expect_refusal(run_program({"search", "serve", "--crossover", "asio,curl_multi", "--over",
                              "connections=1..8"},
                             {.folder = folder.path()}),
                 5, "curl_multi cannot run serve here");
}

TEST(CliSearch, EndsACrossoverInASentenceAndPointsToPlot) {
  const ScratchFolder folder;
  const Ended ended = run_program(short_search({"fetch", "--crossover", "asio,thread_per_request",
                                                "--over", "connections=1..4", "--budget", "36"}),
                                  {.folder = folder.path()});
  EXPECT_THAT(ended.exit_code, ::testing::AnyOf(0, 3)) << ended.err;
  for (const std::string& line : lines_of(ended.out)) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_THAT(ended.err, HasSubstr("36 trials at most"));

  const auto json = read_json(folder, "s.answer.json");
  EXPECT_EQ(json["schema"]["name"], "asyncbench-search");
  EXPECT_EQ(json["question"]["parameter"], "connections");
  ASSERT_GE(json["points"].size(), 1u);
  EXPECT_EQ(json["points"][0]["value"], 1);
  EXPECT_GT(json["points"][0]["medians"]["asio"], 0);
  ASSERT_EQ(json["sentences"].size(), 1u);
  const std::string words = json["sentences"][0].get<std::string>();
  EXPECT_THAT(ended.out, HasSubstr(words.substr(0, words.find(' '))));
  // Every trial is in an ordinary result.
  const Ended show = run_program({"show", "s.json"}, {.folder = folder.path()});
  EXPECT_EQ(show.exit_code, 0) << show.err;
  EXPECT_THAT(show.out, HasSubstr("thread_per_request"));
}

TEST(CliSearch, FindsTheHighestRateAndShowsItsSteps) {
  const ScratchFolder folder;
  const Ended ended = run_program(
      short_search({"fetch", "-s", "asio,epoll", "--objective", "p50<200ms", "--rate-from", "200",
                    "--rate-to", "400", "--schedule", "constant", "--connections", "16", "--json"}),
      {.folder = folder.path()});
  EXPECT_THAT(ended.exit_code, ::testing::AnyOf(0, 3)) << ended.err;
  const auto json = nlohmann::json::parse(ended.out);
  EXPECT_EQ(json["question"]["objective"], "p50 < 200ms, achieved >= 98%");
  EXPECT_EQ(json["answer"].size(), 2u);
  EXPECT_GE(json["points"].size(), 2u);
  EXPECT_EQ(json["points"][0]["rate_per_s"], 200);
  EXPECT_GE(json["sentences"].size(), 2u);
}

TEST(CliSearch, FitsASweep) {
  const ScratchFolder folder;
  const Ended ended = run_program(
      short_search({"fetch", "-s", "asio", "--usl", "--connections", "1..6+1", "--trials", "1"}),
      {.folder = folder.path()});
  EXPECT_THAT(ended.exit_code, ::testing::AnyOf(0, 3)) << ended.err;
  const auto json = read_json(folder, "s.answer.json");
  EXPECT_EQ(json["points"].size(), 6u);
  EXPECT_EQ(json["answer"][0]["strategy"], "asio");
  EXPECT_THAT(json["sentences"][0].get<std::string>(), HasSubstr("asio: "));
}

TEST(CliSearch, EndsCleanlyOnCtrlCAndKeepsWhatWasMeasured) {
  const ScratchFolder folder;
  const Ended ended =
      interrupted_after(1,
                        short_search({"fetch", "--crossover", "asio,epoll", "--over",
                                      "connections=1..1024", "--budget", "1000"}),
                        folder);
  EXPECT_EQ(ended.exit_code, 130) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("go on with asyncbench search --resume s.json"));
  EXPECT_THAT(ended.err, HasSubstr("that of the trials so far"));
  EXPECT_EQ(read_json(folder, "s.json")["run"]["complete"], false);
  EXPECT_THAT(read_json(folder, "s.answer.json")["sentences"], Not(IsEmpty()));
}

TEST(CliSearch, GoesOnWhereItWasInterrupted) {
  const ScratchFolder folder;
  const Arguments search = short_search({"fetch", "--crossover", "asio,thread_per_request",
                                         "--over", "connections=1..4", "--budget", "36"});
  // The first point takes twelve trials, so this is in the middle of the second point.
  const Ended first = interrupted_after(15, search, folder);
  ASSERT_EQ(first.exit_code, 130) << first.err;
  const auto kept = trials_of(read_json(folder, "s.json"));
  ASSERT_GE(kept.size(), 15u);

  expect_refusal(run_program(search, {.folder = folder.path()}), 2,
                 "go on with asyncbench search --resume s.json");
  expect_refusal(run_program({"run", "--resume", "s.json"}, {.folder = folder.path()}), 2,
                 "go on with asyncbench search --resume s.json");

  const Ended second = run_program({"search", "--resume", "s.json"}, {.folder = folder.path()});
  EXPECT_THAT(second.exit_code, ::testing::AnyOf(0, 3)) << second.err;
  EXPECT_THAT(second.err, HasSubstr("trials are done already"));
  const auto result = read_json(folder, "s.json");
  EXPECT_EQ(result["run"]["complete"], true);
  EXPECT_EQ(result["run"]["resumed"], 1);
  const auto all = trials_of(result);
  for (const auto& [key, outcomes] : kept) EXPECT_EQ(all.at(key), outcomes) << key;
  EXPECT_GT(all.size(), kept.size());
  const auto answer = read_json(folder, "s.answer.json");
  EXPECT_EQ(answer["question"]["parameter"], "connections");
  std::size_t pairs = 0;
  for (const auto& point : answer["points"]) pairs += point["pairs"].get<std::size_t>();
  EXPECT_LE(2 * pairs, all.size()) << "a point counts each of its trials once";

  // The same trials give the same answer, whether they have just been measured or are read again.
  run_program({"search", "--resume", "s.json"}, {.folder = folder.path()});
  const auto again = read_json(folder, "s.answer.json");
  EXPECT_EQ(again["points"], answer["points"]);
  EXPECT_EQ(again["answer"], answer["answer"]);
  EXPECT_EQ(trials_of(read_json(folder, "s.json")), all);
}

TEST(CliSearch, GoesOnWithARateSearch) {
  const ScratchFolder folder;
  const Ended first = interrupted_after(
      3,
      short_search({"fetch", "-s", "asio,epoll", "--objective", "p50<200ms", "--rate-from", "200",
                    "--rate-to", "400", "--schedule", "constant", "--connections", "16"}),
      folder);
  ASSERT_EQ(first.exit_code, 130) << first.err;
  const auto kept = trials_of(read_json(folder, "s.json"));
  const Ended second = run_program({"search", "--resume", "s.json"}, {.folder = folder.path()});
  EXPECT_THAT(second.exit_code, ::testing::AnyOf(0, 3)) << second.err;
  const auto all = trials_of(read_json(folder, "s.json"));
  for (const auto& [key, outcomes] : kept) EXPECT_EQ(all.at(key), outcomes) << key;
  EXPECT_EQ(read_json(folder, "s.answer.json")["answer"].size(), 2u);
}

TEST(CliSearch, RefusesToResumeWhatIsNotASearchWithARemedy) {
  const ScratchFolder folder;
  const Surroundings here{.folder = folder.path()};
  expect_refusal(run_program({"search", "--resume", "none.json"}, here), 2, "nothing to resume");
  expect_refusal(run_program({"search", "fetch", "--resume", "none.json"}, here), 2,
                 "takes the plan from the journal");
  const Arguments run = {"run",        "fetch",   "-s",       "asio",  "--trials", "50",
                         "--duration", "50ms",    "--warmup", "20ms",  "--turns",  "off",
                         "--cpu-idle", "default", "--out",    "s.json"};
  ASSERT_EQ(interrupted_after(1, run, folder).exit_code, 130);
  expect_refusal(run_program({"search", "--resume", "s.json"}, here), 2,
                 "asyncbench run --resume s.json");
}

}  // namespace
}  // namespace asyncbench::test
