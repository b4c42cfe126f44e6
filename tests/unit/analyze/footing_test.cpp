#include "analyze/footing.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <vector>

namespace asyncbench::analyze {
namespace {

using result::Result;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Footing, IsAnotherWithAnotherKernelOrWindow) {
  Result a;
  a.environment.facts = {{"kernel", std::string("6.1")}, {"cpu", std::string("x")}};
  Result b = a;
  EXPECT_THAT(incomparable(a, b), IsEmpty());
  b.environment.facts[0].second = std::string("6.18");
  b.plan.window_ns = 5;
  EXPECT_THAT(incomparable(a, b), ElementsAre("kernel: 6.1 and 6.18", "window_ns: 0 and 5"));
}

TEST(Footing, IsAnotherWithTurnsBesideWholeWindows) {
  Result a;
  a.cells = {{.id = "fetch", .trials = {{.valid = true}}}, {.id = "timers"}};
  a.cells[0].trials[0].turns.emplace();
  Result b = a;
  EXPECT_THAT(incomparable(a, b), IsEmpty());
  b.cells[0].trials[0].turns.reset();
  EXPECT_THAT(incomparable(a, b), ElementsAre("1 of 2 cells: in turns and in whole windows"));
}

TEST(Footing, IsAnotherWithAnotherCpuAccountOfThreadsThatEnd) {
  Result a;
  a.cells = {{.id = "fetch", .trials = {{.lanes = {{.counters = {{"threads_created", 64}}}}}}}};
  a.cells[0].trials[0].subject.threads_peak = 64;
  Result b = a;
  b.cells[0].trials[0].subject.cpu_account = "cgroup";
  EXPECT_THAT(incomparable(a, b), IsEmpty());
  a.cells[0].trials[0].lanes[0].counters["threads_created"] = 60'000;
  EXPECT_THAT(incomparable(a, b), ElementsAre("fetch: cpu_account: getrusage and cgroup"));
}

Result measured() {
  Result result;
  result.environment.facts = {{"kernel", std::string("6.18")},
                              {"cpu", std::string("x")},
                              {"cpus", std::int64_t{2}},
                              {"cpus_allowed", std::int64_t{2}},
                              {"smt", true},
                              {"clock_source", std::string("tsc")},
                              {"governor", std::string("performance")},
                              {"mitigations", std::vector<std::string>{"a: on", "b: on"}},
                              {"compiler", std::string("g++ 12.2.0")},
                              {"compiler_flags", std::string("-O2 -g1")},
                              {"build_type", std::string("RelWithDebInfo")},
                              {"optimized", true}};
  result.environment.libraries = {{"fmt", "9.1.0"}};
  result.plan.window_ns = 1'000;
  result.plan.warm_up_ns = 100;
  result.plan.peer_strategy = "uring";
  result.plan.subject_cpus = {1};
  result.plan.peer_cpus = {0};
  result.plan.cpu_idle = "poll";
  result.plan.options = {{"threads", std::int64_t{1}},    {"verify", std::string("sample")},
                         {"requests", std::int64_t{0}},   {"urls", std::string()},
                         {"cooldown", std::string("0s")}, {"rounds", std::int64_t{0}}};
  result.cells = {{.id = "fetch", .trials = {{.valid = true}}}};
  result.cells[0].trials[0].turns.emplace();
  return result;
}

void set_fact(Result& result, std::string_view name, result::Fact value) {
  for (auto& [fact, old] : result.environment.facts) {
    if (fact == name) old = std::move(value);
  }
}

void set_option(Result& result, std::string_view name, result::Value value) {
  for (auto& [option, old] : result.plan.options) {
    if (option == name) {
      old = std::move(value);
      return;
    }
  }
  result.plan.options.emplace_back(name, std::move(value));
}

TEST(Footing, IsAnotherWhereAnythingDiffersThatFiguresDependOn) {
  struct Case {
    const char* says;
    std::function<void(Result&)> change;
  };
  const std::vector<Case> cases = {
      {"kernel: ", [](Result& r) { set_fact(r, "kernel", std::string("5.10")); }},
      {"cpus: ", [](Result& r) { set_fact(r, "cpus", std::int64_t{4}); }},
      {"cpus_allowed: ", [](Result& r) { set_fact(r, "cpus_allowed", std::int64_t{1}); }},
      {"smt: ", [](Result& r) { set_fact(r, "smt", false); }},
      {"clock_source: ", [](Result& r) { set_fact(r, "clock_source", std::string("hpet")); }},
      {"governor: ", [](Result& r) { set_fact(r, "governor", std::string("powersave")); }},
      {"mitigations: b: on and b: off",
       [](Result& r) {
         set_fact(r, "mitigations", std::vector<std::string>{"a: on", "b: off"});
       }},
      {"window_ns: ", [](Result& r) { r.plan.window_ns = 2'000; }},
      {"warm_up_ns: ", [](Result& r) { r.plan.warm_up_ns = 0; }},
      {"cpu_idle: ", [](Result& r) { r.plan.cpu_idle = "default"; }},
      {"subject_cpus: ", [](Result& r) { r.plan.subject_cpus = {0}; }},
      {"peer_cpus: ", [](Result& r) { r.plan.peer_cpus = {}; }},
      {"peer_strategy: ", [](Result& r) { r.plan.peer_strategy = "asio"; }},
      {"threads: ", [](Result& r) { set_option(r, "threads", std::int64_t{2}); }},
      {"verify: ", [](Result& r) { set_option(r, "verify", std::string("all")); }},
      {"requests: ", [](Result& r) { set_option(r, "requests", std::int64_t{9}); }},
      {"urls: ", [](Result& r) { set_option(r, "urls", std::string("http://127.0.0.1/")); }},
      {"cooldown: ", [](Result& r) { set_option(r, "cooldown", std::string("1s")); }},
      {"slack: 0s and 1ms", [](Result& r) { set_option(r, "slack", std::string("1ms")); }},
      {"rounds: ", [](Result& r) { set_option(r, "rounds", std::int64_t{5}); }},
  };
  EXPECT_THAT(incomparable(measured(), measured()), IsEmpty());
  Result with_default = measured();
  set_option(with_default, "slack", std::string("0s"));
  EXPECT_THAT(incomparable(measured(), with_default), IsEmpty()) << "results before it have none";
  for (const Case& one : cases) {
    Result other = measured();
    one.change(other);
    EXPECT_THAT(incomparable(measured(), other), ElementsAre(HasSubstr(one.says)));
    EXPECT_THAT(incomparable(other, measured()), testing::SizeIs(1)) << one.says;
  }
}

TEST(Footing, IsTheSameUnderAnotherPeerWhereStrategiesAreComparedWithinEachResult) {
  Result other = measured();
  other.plan.peer_strategy = "asio";
  EXPECT_THAT(incomparable(measured(), other, Peers::any), IsEmpty());
}

TEST(Footing, IsNotAnotherForWhatOldResultsDoNotSay) {
  Result old = measured();
  for (const char* fact : {"smt", "governor", "mitigations"}) set_fact(old, fact, result::Fact{});
  std::erase_if(old.plan.options, [](const auto& option) { return option.first == "rounds"; });
  EXPECT_THAT(incomparable(old, measured()), IsEmpty());
}

TEST(Builds, AreSaidToDifferInCompilerFlagsTypeOptimizationAndLibraries) {
  const Ingredients base = ingredients_of(measured().environment);
  EXPECT_THAT(build_remarks(base, base), IsEmpty());
  EXPECT_THAT(build_remarks(base, {}),
              ElementsAre("the second build does not say how it was made"));
  Result other = measured();
  set_fact(other, "compiler", std::string("clang++ 14.0.6"));
  other.environment.libraries["fmt"] = "10.0.0";
  EXPECT_THAT(build_remarks(base, ingredients_of(other.environment)),
              ElementsAre("the builds differ in compiler: g++ 12.2.0 and clang++ 14.0.6",
                          "the builds differ in fmt: 9.1.0 and 10.0.0"));
  set_fact(other, "optimized", false);
  EXPECT_THAT(build_remarks(base, ingredients_of(other.environment)),
              testing::Contains(HasSubstr("the second build is not optimized")));
}

TEST(Builds, SayHowTheyWereMadeByTheirVersion) {
  const Ingredients build = ingredients_of(std::string_view(
      "asyncbench 0.2.0\ncompiler        g++ 12.2.0\ncompiler_flags  -g\nbuild_type      Debug\n"
      "optimized       false\ngit_commit      0123\nlibraries       asio 1.26.0, fmt 9.1.0\n"));
  EXPECT_THAT(
      build,
      ElementsAre(testing::Pair("asio", "1.26.0"), testing::Pair("build_type", "Debug"),
                  testing::Pair("compiler", "g++ 12.2.0"), testing::Pair("compiler_flags", "-g"),
                  testing::Pair("fmt", "9.1.0"), testing::Pair("optimized", "false")));
  EXPECT_THAT(ingredients_of(std::string_view("usage: other\n")), IsEmpty());
}

TEST(Builds, AreOptimizedByTheLastLevelOfTheirFlagsInOldResults) {
  const auto optimized = [](const char* flags) {
    return is_optimized({{"compiler_flags", flags}, {"build_type", "x"}});
  };
  EXPECT_EQ(optimized("-O2 -g1"), true);
  EXPECT_EQ(optimized("-O2 -O0"), false);
  EXPECT_EQ(optimized("-g"), false);
  EXPECT_EQ(optimized("-Og"), true);
  EXPECT_EQ(is_optimized({}), std::nullopt);
}

}  // namespace
}  // namespace asyncbench::analyze
